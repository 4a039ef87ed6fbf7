"""Settings of Dignamik, read top to bottom. Whatever differs from one machine to another comes from the environment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONCE, NONE, SELF

from dignamik.foundation.env import allowed_hosts, database, log_format, secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

TESTING = "pytest" in sys.modules

# --- Where and how it runs -------------------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = secret_key(env, debug=DEBUG or TESTING)
ALLOWED_HOSTS = allowed_hosts(env, debug=DEBUG or TESTING)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
DATA_DIR = Path(env.str("DATA_DIR", default="") or BASE_DIR / "data").resolve()

DATABASES = {"default": database(env.str("DATABASE_URL", default="") or f"sqlite:///{DATA_DIR / 'dignamik.sqlite3'}")}
SOURCE_DATABASE_URL = env.str("SOURCE_DATABASE_URL", default="")
SOURCE_MAPPING = env.str("SOURCE_MAPPING", default="").strip()
TILES_URL = env.str("TILES_URL", default="")
# Digests of who was erased are made with it: a key of its own lets SECRET_KEY be changed later (clients.tombstones).
ERASURE_KEY = env.str("ERASURE_KEY", default="") or SECRET_KEY
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- What it is made of ----------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "dignamik.foundation.leaflet.LeafletWithoutGdal",  # before the admin: see that module
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "django_tables2",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "rest_framework",
    "simple_history",
    "dignamik",
    "dignamik.foundation",
    "clients",
    "segmentation",
]

MIDDLEWARE = [
    "dignamik.foundation.security.EveryResponse",  # outermost, so that no answer goes without its headers
    "csp.middleware.CSPMiddleware",
    "dignamik.foundation.security.KnownMethods",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "dignamik.foundation.language.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dignamik.foundation.watching.Refusals",
    "dignamik.foundation.entering.SessionLife",
    "dignamik.foundation.entering.SecondFactor",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
    "dignamik.foundation.entering.Patience",
]

ROOT_URLCONF = "dignamik.urls"
WSGI_APPLICATION = "dignamik.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Who gets in -----------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["dignamik.foundation.entering.Door"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "dignamik.foundation.passwords.NotTheHouse"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
# How long the link of an invitation or of a forgotten password is good for, unless it is used before.
PASSWORD_RESET_TIMEOUT = 24 * 3600
LOGOUT_REDIRECT_URL = "login"
# Three hours without a click end a session; so do twelve hours in all (`foundation.entering`).
SESSION_COOKIE_AGE = 3 * 3600
SESSION_SAVE_EVERY_REQUEST = True

# Whoever may change accounts needs a second factor. 0 is for tests alone.
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=True)
# Says that this database holds a demonstration, where it is offered and not required.
SECOND_FACTOR_EXEMPTION = "clients.demonstration.is_here"
OTP_TOTP_ISSUER = "Dignamik"
OTP_TOTP_SYNC = False  # one step early or late, always; never a step more for a clock that is slow
# Ours counts guesses for all workers (`foundation.guesses`); the library's would shut people out for days.
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0

# axes keeps the log of who came; how long one waits after wrong guesses is `foundation.guesses`' business.
AXES_LOCK_OUT_AT_FAILURE = False
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "dignamik.foundation.entering.name_for_the_log"
# It keeps the fields of a form that was refused: none of these.
AXES_SENSITIVE_PARAMETERS = [
    "username", "ip_address", "password", "code", "old_password", "new_password1", "new_password2",
]  # fmt: skip
AXES_CLIENT_IP_CALLABLE = "dignamik.foundation.addresses.client_ip"
# Proxies in front of us whose X-Forwarded-For is to be believed.
PROXY_COUNT = int(env.str("PROXY_COUNT", default="") or 0)

# --- What comes in ---------------------------------------------------------------------------------------------------

# Lines of one file. More of them take minutes and hundreds of megabytes of a worker.
IMPORT_MAX_ROWS = int(env.str("IMPORT_MAX_ROWS", default="") or 20_000)

# --- The wire --------------------------------------------------------------------------------------------------------

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
if not DEBUG and not TESTING:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    LANGUAGE_COOKIE_NAME = "__Host-language"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    if PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", *([TILES_URL.split("{")[0]] if TILES_URL else [])],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}

# --- E-mail, and what runs by itself ----------------------------------------------------------------------------------

EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="dignamik.foundation.mailing.TerminalEmail")
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="dignamik@localhost")
SITE_URL = env.str("SITE_URL", default="").rstrip("/")
RETRAIN_SCHEDULE = env.str("RETRAIN_SCHEDULE", default="").strip()
SYNC_SCHEDULE = env.str("SYNC_SCHEDULE", default="").strip()

# How long what is kept is kept (segmentation.rights.retention, docs/rights.md): years, then months.
KEEP_PROSPECTS = env.int("KEEP_PROSPECTS", default=3)
KEEP_FORMER_CLIENTS = env.int("KEEP_FORMER_CLIENTS", default=5)
KEEP_IMPORT_LEFTOVERS = env.int("KEEP_IMPORT_LEFTOVERS", default=6)
KEEP_LOGINS = env.int("KEEP_LOGINS", default=12)

# --- Language and formats --------------------------------------------------------------------------------------------

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
FORMAT_MODULE_PATH = "dignamik.formats"
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

# --- Files -----------------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "dignamik.foundation.packages.PackageFinder",
]
# Hashed names only where collectstatic has run: tests and DEBUG serve the files as they are.
_STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"
_HASHED = "whitenoise.storage.CompressedManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _STATIC if DEBUG or TESTING else _HASHED},
}

# --- Libraries -------------------------------------------------------------------------------------------------------

DJANGO_TABLES2_TEMPLATE = "includes/_table.html"
LEAFLET_CONFIG = {"TILES": [], "NO_GLOBALS": True, "RESET_VIEW": False, "MAX_ZOOM": 18}
REST_FRAMEWORK = {
    # The first one names the challenge of a 401; a session has none and would make it a 403.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "dignamik.foundation.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["dignamik.foundation.roles.HoldsPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["dignamik.foundation.bodies.JsonBody"],
    "EXCEPTION_HANDLER": "dignamik.foundation.refusals.explain",
    "URL_FORMAT_OVERRIDE": None,  # `?format=` is an unknown parameter like any other
    "DEFAULT_PAGINATION_CLASS": "dignamik.foundation.pagination.ApiPagination",
    "DEFAULT_THROTTLE_CLASSES": ["dignamik.foundation.throttling.ByPerson"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "STRICT_JSON": True,
    "COERCE_DECIMAL_TO_STRING": True,
}
# Requests a minute and person, all workers, sessions and tokens together.
API_RATES = {"read": 600, "write": 120}
# Lists that one person may take along in an hour.
EXPORTS_AN_HOUR = 30
SPECTACULAR_SETTINGS = {
    "TITLE": "Dignamik",
    "DESCRIPTION": "Clients, segments et calculs de DIGNAMIK.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "ENUM_NAME_OVERRIDES": {
        "RunStateEnum": "segmentation.models.Run.State",
        "JobStateEnum": "dignamik.foundation.models.Job.State",
        "StandingEnum": "segmentation.models.Assignment.Standing",
        "ShownStandingEnum": "segmentation.models.STANDINGS",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}
SIMPLE_HISTORY_REVERT_DISABLED = True

# "json": an object a line, for a machine to collect; "lines": for a person at a terminal.
LOG_FORMAT = log_format(env, default="lines" if DEBUG or TESTING else "json")
LINE = "%(asctime)s %(levelname)s %(request_number)s %(name)s %(message)s"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {"()": "dignamik.foundation.logs.OneLine", "format": LINE},
        "json": {"()": "dignamik.foundation.logs.JsonLine"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "dignamik.access": {"level": "INFO"},
        # What Django and axes say of a request names its address or the name that was tried: ours says what is needed.
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "ERROR", "propagate": True},
        "axes": {"level": "ERROR"},
    },
}
