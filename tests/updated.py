"""The settings of a server after an update: what lies in its data folder is newer than the files
that it began with (browser/test_updates.py).
"""

from ChatApp.settings import DATA_DIR
from ChatApp.settings import STATICFILES_DIRS as OLDER
from tests.settings import *  # noqa: F403

NEWER = DATA_DIR / "newer"
STATICFILES_DIRS = [NEWER, *OLDER]
