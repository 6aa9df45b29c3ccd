"""Every setting, once. What an operator may want to change comes from the environment, with a
default that is right for one machine; README.md lists these names, and a test holds it to that.
"""

from pathlib import Path
from typing import Any

from ChatApp import env

BASE_DIR = Path(__file__).resolve().parent.parent

# Where everything lives that is not code: the database, uploads, the generated secret key.
DATA_DIR = env.folder("DATA_DIR", BASE_DIR / "data")

SECRET_KEY = env.secret("SECRET_KEY", DATA_DIR / "secret_key")
DEBUG = env.flag("DEBUG")

# --- Where we are reached -------------------------------------------------------------------

HOST = env.text("HOST", "127.0.0.1")
PORT = env.number("PORT", 8000, least=0, most=65535)
SERVER = env.choice("SERVER", ["uvicorn", "daphne"])
WEBSOCKETS = env.choice("WEBSOCKETS", ["lean", "uvicorn"])
WEB_CONCURRENCY = env.number("WEB_CONCURRENCY", 1, least=1, most=256)

EVERY_ADDRESS = {"0.0.0.0", "::", "[::]", "*"}  # noqa: S104 - compared with, never bound to
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
if not ALLOWED_HOSTS:
    if HOST in EVERY_ADDRESS:
        raise env.WrongSetting(
            f"HOST is {HOST}, all addresses of this machine: set ALLOWED_HOSTS to the names by "
            "which people reach it, such as ALLOWED_HOSTS=chat.example.org,192.0.2.7."
        )
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
    here = f"[{HOST.strip('[]')}]" if ":" in HOST else HOST
    ALLOWED_HOSTS += [here] if here not in ALLOWED_HOSTS else []

# Origins of pages on other addresses that may post forms and open sockets here.
TRUSTED_ORIGINS = env.origins("TRUSTED_ORIGINS")
CSRF_TRUSTED_ORIGINS = TRUSTED_ORIGINS

# How many reverse proxies of ours stand in front. Their X-Forwarded-For and -Proto are believed,
# counted from the right; with 0 anybody could have written them, so they are ignored.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0, least=0, most=10)

# The site is reached by https alone: cookies are never sent in the clear.
HTTPS = env.flag("HTTPS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS


def public_address() -> str:
    """Where a browser finds the site, as far as these settings tell: for a link in a terminal."""
    name = ALLOWED_HOSTS[0].lstrip(".")
    if TRUSTED_PROXIES and name and name != "*":
        return f"{'https' if HTTPS else 'http'}://{name}/"
    host = "localhost" if HOST in EVERY_ADDRESS else HOST.strip("[]")
    return f"http://{f'[{host}]' if ':' in host else host}:{PORT}/"


PUBLIC_ADDRESS = public_address()
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

CSRF_FAILURE_VIEW = "chat.answers.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The name that Django 6 gives it. No inline script, no inline style, nothing from another host.
SECURE_CSP = {
    "default-src": ["'self'"],
    "img-src": ["'self'", "data:", "blob:"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
    "form-action": ["'self'"],
}

# --- What runs here -------------------------------------------------------------------------

INSTALLED_APPS = [
    "chat",  # before daphne: its `runserver` prepares an empty database first
    "accounts",
    "daphne",  # before staticfiles: `runserver` speaks WebSocket
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",  # numbers in templates, as the language writes them
    "channels",
    "allauth",
    "allauth.account",
    "crispy_forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "ChatApp.middleware.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ChatApp.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "ChatApp.urls"
ASGI_APPLICATION = "ChatApp.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.themes.theme",
            ],
        },
    },
]
CRISPY_TEMPLATE_PACK = "chatapp"
CRISPY_ALLOWED_TEMPLATE_PACKS = ["chatapp"]

# --- Where things are kept ------------------------------------------------------------------

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def database_settings() -> dict[str, Any]:
    settings = env.database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'chat.sqlite3'}")
    options = settings.setdefault("OPTIONS", {})
    if settings["ENGINE"] == "django.db.backends.sqlite3":
        # IMMEDIATE: a deferred transaction that reads before it writes fails at once with
        # "database is locked" as soon as somebody else wrote in between.
        # FULL: what was acknowledged survives a power cut, not only a crash of ours.
        # wal_autocheckpoint=0: two connections that checkpoint at the same moment can corrupt
        # the file before SQLite 3.51.3; chat.realtime.writer is the only one that does.
        options |= {
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864",
        }
        # Opening the file anew takes longer than most questions; each thread keeps its own.
        settings["CONN_MAX_AGE"] = None
        # A file, not memory: tests look at one database from several threads.
        settings["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
    else:
        # One for each thread that may want one at the same moment: 14 of ChatApp.handler, 8 readers
        # and the writer of chat.node, and the one of Channels. Nobody waits for somebody else's.
        # Tries again soon: the pool's own pause would grow to minutes while the server is away.
        options["pool"] = {"min_size": 1, "max_size": 24, "timeout": 3, "reconnect_timeout": 3}
        options["options"] = "-c lock_timeout=3s -c statement_timeout=10s"
        # What is asked for the fifth time on a connection is planned for good: to plan the
        # statements of a small batch of posts takes longer than to do what they say.
        options |= {"server_side_binding": True, "prepare_threshold": 5}
        settings["CONN_MAX_AGE"] = 0
    return settings


DATABASES = {"default": database_settings()}

REDIS_URL = env.redis("REDIS_URL")
# Begins every name of ours in Redis: what is published there is not separated by databases.
REDIS_PREFIX = env.label("REDIS_PREFIX", "chat")
if REDIS_URL:
    CHANNEL_LAYERS: dict[str, Any] = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {
                # A client that waits for messages is idle by nature: no read time-out.
                "hosts": [{"address": REDIS_URL, "socket_timeout": None}],
                "prefix": REDIS_PREFIX,
            },
        }
    }
    CACHES: dict[str, Any] = {
        "default": {
            "BACKEND": "ChatApp.cache.RedisOrLocalCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": REDIS_PREFIX,
            # Version 1 was pickled: processes of then and now, side by side during a renewal,
            # do not read each other's counters.
            "VERSION": 2,
        }
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            # The limits of sign-in live here: with the usual 300 entries somebody who tries
            # many names would push everybody's counters out.
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    }

# What one request may bring; frames of sockets have a limit of their own.
REQUEST_BYTES = 3 * 1024 * 1024

# How large an uploaded file may be; and where files are, while they come and for good.
UPLOAD_BYTES = env.number("UPLOAD_MEGABYTES", 25, least=1, most=2048) * 1024 * 1024
UPLOAD_ROOT = env.folder("UPLOAD_DIR", DATA_DIR / "uploads")
FILE_UPLOAD_TEMP_DIR = UPLOAD_ROOT / "incoming"
FILE_UPLOAD_TEMP_DIR.mkdir(mode=0o700, exist_ok=True)
FILE_UPLOAD_HANDLERS = ["chat.uploads.DiskHandler"]

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "ChatApp.static.HashedTreeStorage"},
}

# --- Who you are ----------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.AccountBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SESSION_ENGINE = "accounts.sessions"

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "chat-page"
LOGOUT_REDIRECT_URL = "account_login"
# Where the first administrator goes on, and whoever was invited to no room in particular.
SETUP_REDIRECT_URL = "first-room"

SIGNUP_OPEN = env.flag("SIGNUP_OPEN", default=True)
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = env.choice("EMAIL_VERIFICATION", ["optional", "mandatory", "none"])
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "signup": "accounts.forms.SignupForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
}
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[ChatApp] "
ACCOUNT_EMAIL_NOTIFICATIONS = True
# allauth's own limits for each address and name (30 sign-ins and 20 sign-ups a minute). Off for
# load tests, where everybody comes from one address. Links cannot be guessed; this keeps those
# who try from keeping us busy.
ACCOUNT_RATE_LIMITS: Any = {"link": "60/m/ip"}
if not env.flag("SIGNIN_LIMITS", default=True):
    ACCOUNT_RATE_LIMITS = False

for _name, _value in env.email("EMAIL_URL", "consolemail://").items():
    globals()[_name] = _value
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"ChatApp <chat@{HOST}>")
EMAIL_TIMEOUT = 10

# --- Chat -----------------------------------------------------------------------------------

CONNECTIONS_PER_USER = env.number("CONNECTIONS_PER_USER", 20, least=1, most=10_000)
# A person types less than one message a second; this leaves room for bots and for an outbox that
# is sent after a day without network, and stops a loop that would fill the disk.
POSTS_PER_SECOND = env.number("POSTS_PER_SECOND", 50, least=1, most=1_000_000)

# --- Watching over it

# Whoever sends it as `Authorization: Bearer TOKEN` reads the figures at /metrics; without one
# there are none.
METRICS_TOKEN = env.token("METRICS_TOKEN")

# --- Language, time, log --------------------------------------------------------------------

LANGUAGE_CODE = "en"
# As each calls itself. docs/operations.md tells how to add one.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "ChatApp" / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

LOG_LEVEL = env.choice("LOG_LEVEL", ["WARNING", "DEBUG", "INFO", "ERROR", "CRITICAL"])
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "no_keys": {"()": "ChatApp.log.WithoutKeys"},
        "no_traceback": {"()": "ChatApp.log.WithoutTraceback"},
    },
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["no_keys"],
        },
        "plain": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["no_keys", "no_traceback"],
        },
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        # What a stranger can provoke at will gets one line, never a traceback.
        "django.security": {"handlers": ["plain"], "level": "ERROR", "propagate": False},
        "uvicorn.error": {"handlers": ["plain"], "level": "WARNING", "propagate": False},
        # Once a second while Redis is away; what that means for us says chat.realtime.
        "channels_redis": {"handlers": ["plain"], "level": "WARNING", "propagate": False},
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
        # Which worker came and went.
        "ChatApp.workers": {"handlers": ["console"], "level": "INFO", "propagate": False},
    },
}
