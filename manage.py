#!/usr/bin/env python
"""Django's command line: `python manage.py runserver`, `migrate`, `createsuperuser` …"""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    # What a command makes, the database above all, is for its owner alone.
    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ChatApp.settings")
    execute_from_command_line(sys.argv)
