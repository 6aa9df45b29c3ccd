"""daphne's `runserver`, which prepares an empty database first.

On a fresh clone nothing but the requirements is needed: `python manage.py runserver`.
"""

from daphne.management.commands.runserver import Command as DaphneRunserver
from django.core.management import call_command
from django.db import connection


class Command(DaphneRunserver):  # type: ignore[misc]  # daphne has no types
    def check_migrations(self) -> None:
        if not connection.introspection.table_names():
            call_command("migrate", interactive=False, verbosity=0)
        super().check_migrations()
