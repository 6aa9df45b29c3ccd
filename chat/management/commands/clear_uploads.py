"""Forget files that were uploaded and never sent, and files on the disk that belong to nothing."""

from typing import Any

from django.core.management.base import BaseCommand

from chat.actions.uploading import clear_up


class Command(BaseCommand):
    help = "Removes uploads that nobody sent within a day. Uploading does so too, a few at a time."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{clear_up()} files were removed.")
