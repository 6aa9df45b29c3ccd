"""Fill a place with people, rooms and two weeks of talk, to look at and to try things on."""

import secrets
import time
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser, call_command
from django.db import connection

from chat import demo
from chat.actions.demo import make_demo, strangers
from chat.errors import ChatError


class Command(BaseCommand):
    help = "Makes a lively place to look at: twelve people, six rooms, two weeks of talk."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--password", help="of all these people (one is made up and printed)")
        parser.add_argument("--seed", type=int, default=1, help="the same one, the same talk (1)")
        parser.add_argument(
            "--force", action="store_true", help="also where other people are already"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        # A new place has no tables before its first start.
        if not connection.introspection.table_names():
            call_command("migrate", verbosity=0)
        if (others := strangers()) and not options["force"]:
            raise CommandError(
                f"Other people have accounts here ({others}): this is for a place to look at. "
                "Give it a DATA_DIR of its own, or --force if you mean it."
            )
        begun = time.monotonic()
        password = options["password"] or secrets.token_urlsafe(9)
        try:
            made = make_demo(password=password, seed=options["seed"])
        except ChatError as refusal:
            raise CommandError(refusal.detail) from refusal
        names = ", ".join(each.username for each in made.people)
        first = next(each for each in made.people if each.username == demo.FIRST)
        self.stdout.write(
            f"{len(made.people)} people, {len(made.rooms)} rooms and {made.messages} messages "
            f"in {time.monotonic() - begun:.1f} s. What they had before is gone.\n"
            f"  sign in as  {names}\n"
            f"  password    {password if not options['password'] else 'as you said'}"
        )
        if first.is_superuser:
            self.stdout.write(f"  {first.username} is the administrator")
