"""The settings, for servers that tests start: passwords cost next to nothing to check.

A sign-up took a quarter of a second of one core, and there are hundreds.
"""

from ChatApp.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
