"""Print the link that makes the first administrator, as the first start does."""

from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from accounts import setup


class Command(BaseCommand):
    help = "Prints the link that makes the administrator, while there is none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--address",
            help="where browsers find the site (from HOST, PORT, ALLOWED_HOSTS and HTTPS)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not setup.nobody_administers():
            raise CommandError("Somebody is an administrator already, and can make others.")
        address = options["address"] or settings.PUBLIC_ADDRESS
        self.stdout.write(address.rstrip("/") + setup.setup_path())
