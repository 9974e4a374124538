"""All settings, read from the environment. Without any setting, the portal uses SQLite, no broker and a
sandbox clock.

With `PORTAL_MODE=production`, the portal does not start if a setting is only fit for a sandbox."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

_mode = env("PORTAL_MODE", default="embedded")
if _mode not in ("embedded", "production"):
    # A spelling mistake in the mode must not start a sandbox.
    raise ImproperlyConfigured("PORTAL_MODE is embedded or production.")
PRODUCTION = _mode == "production"
DEBUG = env.bool("DEBUG", default=False)
VAR_DIR = Path(env("PORTAL_VAR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)


def _kept_secret() -> str:
    """Return the secret key of this installation. The function makes the key once and stores it in a file.
    Only a sandbox uses this key."""
    path = VAR_DIR / "secret-key"
    if path.exists() and not path.stat().st_size:
        path.unlink(missing_ok=True)
    if not path.exists():
        # Write the key to a temporary file first, and then give the complete file its final name. Otherwise a
        # process that starts at the same time could read a part of the key, and an interrupted process could
        # leave a part of the key in the file.
        made = VAR_DIR / f"secret-key.{os.getpid()}"
        made.touch(mode=0o600)
        made.write_text(secrets.token_urlsafe(50), encoding="utf-8")
        with suppress(FileExistsError):
            os.link(made, path)
        made.unlink()
    return path.read_text(encoding="utf-8").strip()


SECRET_KEY = env("SECRET_KEY", default="") or ("" if PRODUCTION else _kept_secret())
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[] if PRODUCTION else ["127.0.0.1", "localhost", "[::1]", "testserver"]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# The portal
PORTAL_SANDBOX = env.bool("PORTAL_SANDBOX", default=not PRODUCTION)
# who may move the clock of a sandbox: staff, or also preparers, signatories and clerks of a taxpayer (members)
PORTAL_CLOCK = env("PORTAL_CLOCK", default="members")
if PORTAL_CLOCK not in ("staff", "members"):
    raise ImproperlyConfigured("PORTAL_CLOCK is staff or members.")
REDIS_URL = env("REDIS_URL", default="")
CELERY_BROKER_URL = env("CELERY_BROKER_URL", default="") or REDIS_URL or "memory://localhost"
PORTAL_EMBEDDED = CELERY_BROKER_URL.startswith("memory:")
# a request to /metrics must send this token; if no token is set, /metrics answers 404
METRICS_TOKEN = env("METRICS_TOKEN", default="")
IMS_RULEBOOK = env("IMS_RULEBOOK", default="")
if IMS_RULEBOOK not in ("", "2024-10", "2025-10"):
    raise ImproperlyConfigured("IMS_RULEBOOK is 2024-10, 2025-10 or empty.")
# what the portal does with a GSTR-3B while the taxpayer's own GSTR-1 of the period is not filed
GSTR1_PENDING = env("GSTR1_PENDING", default="warn")
if GSTR1_PENDING not in ("warn", "block"):
    raise ImproperlyConfigured("GSTR1_PENDING is warn or block.")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "invoices",
    "invoices.register",
    "gstr2b",
    "returns",
    "returns.gstn",
]
MIDDLEWARE = [
    "returns.operations.health.ProbeMiddleware",
    "returns.operations.metrics.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "ims_portal.support.web.http.PortalErrorMiddleware",
    "invoices.web.people.guard.SignInMiddleware",
    # this middleware must come before any code that reads a body
    "ims_portal.support.web.body_refusals.BodyLimitMiddleware",
]
ROOT_URLCONF = "ims_portal.urls"
# All addresses of the portal begin at the root of its host. A server or a header may name a prefix of the
# addresses (SCRIPT_NAME). The portal ignores the prefix, so that the path of a request is always the path in
# the URL.
FORCE_SCRIPT_NAME = ""
WSGI_APPLICATION = "ims_portal.wsgi.application"
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
                "invoices.web.page.frame.frame",
                "returns.web.sandbox.sign_in.sandbox",
            ],
        },
    },
    # Only for parts that a page repeats for each of its rows (invoices/web/page/jinja.py). Each process compiles such a
    # template once, in some milliseconds, so there is no cache of compiled templates on the disk.
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "jinja2"],
        "OPTIONS": {
            "environment": "invoices.web.page.jinja.environment",
            "autoescape": True,
            "auto_reload": DEBUG,
        },
    },
]

# Database
if env("DATABASE_URL", default=""):
    DATABASES = {"default": env.db("DATABASE_URL")}
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
else:
    _file = VAR_DIR / "portal.sqlite3"
    # only the owner reads the database; SQLite gives the same mode to the files beside the database
    with suppress(PermissionError):
        _file.touch(mode=0o600)
        _file.chmod(0o600)
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": _file}}
POSTGRESQL = DATABASES["default"]["ENGINE"].endswith("postgresql")
if POSTGRESQL:
    # if the database does not answer, the connection fails after 5 seconds; the network's own limit is much
    # longer
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
    # Options of PostgreSQL's planner. `random_page_cost` is low, because SSDs read by index almost as fast as
    # in order. `jit` is off, because the compilation of a statement with many sums costs more time than it
    # saves. Some connection poolers accept no options. In this case, set DATABASE_PLANNING to an empty text,
    # and set the two options in the database.
    if planning := env("DATABASE_PLANNING", default="-c random_page_cost=1.1 -c jit=off"):
        DATABASES["default"]["OPTIONS"].setdefault("options", planning)
else:
    DATABASES["default"]["OPTIONS"] = {
        # On SQLite, a transaction blocks all other writers from its beginning (IMMEDIATE). On PostgreSQL this
        # is not needed, because row locks block the writers of the same rows.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if REDIS_URL:
    CACHES["default"] = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}

# Sign-in and passwords
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTHENTICATION_BACKENDS = ["invoices.people.sign_in.Door"]
# A password must be long, but needs no special characters. The rules refuse 20,000 passwords known from data
# breaches, and words of this portal (docs/security.md).
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "ims_portal.support.passwords.OwnWordsValidator"},
]
# Staff, and people who file returns, need a second factor. Before filing, a person must type the password
# again if the password was last typed more than PORTAL_CONFIRM_MINUTES ago.
PORTAL_MFA = env.bool("PORTAL_MFA", default=not PORTAL_SANDBOX)
PORTAL_CONFIRM_MINUTES = env.int("PORTAL_CONFIRM_MINUTES", default=0 if PORTAL_SANDBOX else 15)
# the number of proxies in front of the portal that write X-Forwarded-For
PORTAL_PROXIES = env.int("PORTAL_PROXIES", default=1 if PRODUCTION else 0)
OTP_TOTP_ISSUER = "IMS Portal"
# django-otp's counter of wrong codes is off. After wrong codes, it would refuse even the right code for a
# while, without a message. The portal counts wrong codes itself (`invoices.people.failed_attempts`).
OTP_TOTP_THROTTLE_FACTOR = 0
OTP_ADMIN_HIDE_SENSITIVE_DATA = True
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/t/"
LOGOUT_REDIRECT_URL = "/"
SESSION_ENGINE = "ims_portal.support.database.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_IDLE_SECONDS = 60 * env.int("SESSION_IDLE_MINUTES", default=720 if PORTAL_SANDBOX else 30)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True

# Language and time
LANGUAGE_CODE = "en-in"
TIME_ZONE = "Asia/Kolkata"
FORMAT_MODULE_PATH = "ims_portal.formats"
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "ims_portal" / "locale"]
# Without a compiled catalogue, every text stays as it is. gettext would then cost a list of records a seventh
# of its processor time.
USE_I18N = any(LOCALE_PATHS[0].glob("*/LC_MESSAGES/*.mo"))

# Files
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# If `collectstatic` was not run (sandbox, tests), the server uses the files in their source folders.
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
# This limit is for a body that the portal reads as a whole, such as a GSTN file sent to the API. It does not
# apply to uploads by a form, which arrive in parts and are stored on disk.
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# the key that signs exported journals; every web process must have the same key
JOURNAL_KEY_FILE = env("JOURNAL_KEY_FILE", default=str(VAR_DIR / "journal-key.pem"))

# GSTN's taxpayer API (docs/gstn-api.md)
GSTN_KEY_FILE = env("GSTN_KEY_FILE", default=str(VAR_DIR / "gstn-key.pem"))
GSTN_PLAIN = env.bool("GSTN_PLAIN", default=PORTAL_SANDBOX)
GSTN_MOST_BYTES = 5 * 1024 * 1024
GSTN_RECORDS_PER_ANSWER = env.int("GSTN_RECORDS_PER_ANSWER", default=5000)
# whether each file of a split GSTR-2B repeats the ITC summary of the whole statement
GSTN_SUMMARY_IN_EVERY_FILE = env.bool("GSTN_SUMMARY_IN_EVERY_FILE", default=True)

# Security headers
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        # "data:" is allowed, because Bootstrap's stylesheet contains small icons as data: URLs
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
    }
}
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# Background work. Only the Job table says which jobs there are. The broker's messages only wake the workers.
# A worker renews the lease of its job while the worker runs. If the worker dies, the lease ends after
# JOB_LEASE_SECONDS, and the next sweep gives the job to another worker. On SQLite the lease is longer,
# because a worker cannot renew its lease during a long write.
JOB_LEASE_SECONDS = env.int("JOB_LEASE_SECONDS", default=30 if POSTGRESQL else 300)
# the number of chunks of a long file that PostgreSQL saves at the same time; each chunk uses a connection and
# a core
UPLOAD_CHUNKS_AT_ONCE = max(1, env.int("UPLOAD_CHUNKS_AT_ONCE", default=2))
CELERY_TIMEZONE = "Asia/Kolkata"
# A worker acknowledges a message when the message arrives, because the broker may be gone when the work is
# done. If the worker is killed, the sweeper or the next beat starts the work again.
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"polling_interval": 0.05}
    if PORTAL_EMBEDDED
    else {"visibility_timeout": 3600, "socket_connect_timeout": 1, "socket_timeout": 1}
)

# These classes apply to all API views outside /api/v1/. Views of /api/v1/ name their own classes, which
# accept only tokens (invoices/api/common/base.py).
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "IMS Portal",
    "DESCRIPTION": "Everything a person can do on screen. Amounts are rupees with two decimals, as text; periods are "
    "MMYYYY. For clients of GSTN's own API see docs/gstn-api.md. A practice portal, not connected with the Government of India or GSTN.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "SCHEMA_PATH_PREFIX_TRIM": False,
    "PREPROCESSING_HOOKS": ["invoices.api.common.schema.ours_only"],
    "POSTPROCESSING_HOOKS": [
        "invoices.api.common.schema.strict_bodies",
        "invoices.api.common.schema.plain_answers",
    ],
    # the page of the API loads scripts and styles from this server, never from a CDN
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
        "json": {"()": "ims_portal.json_logs.JsonFormatter"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json" if PRODUCTION else "plain"}
    },
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", default="WARNING")},
    # in production, sign-ins and refusals are logged at level INFO, whatever the level of the other logs
    "loggers": {"portal.security": {"level": "INFO" if PRODUCTION else "WARNING"}},
}

if PRODUCTION:
    _reasons = []
    if DEBUG:
        _reasons.append("DEBUG is on")
    if len(SECRET_KEY) < 50 or SECRET_KEY.startswith(("change", "django-insecure", "secret")):
        _reasons.append("SECRET_KEY is missing, shorter than 50 characters, or copied from the example")
    if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
        _reasons.append("ALLOWED_HOSTS must list the host names of this portal")
    if not POSTGRESQL:
        _reasons.append("DATABASE_URL must name a PostgreSQL database")
    elif DATABASES["default"]["PASSWORD"].startswith("change-me"):
        _reasons.append("the password in DATABASE_URL is copied from the example")
    if ":change-me" in CELERY_BROKER_URL:
        _reasons.append("the password in REDIS_URL is copied from the example")
    if METRICS_TOKEN and (len(METRICS_TOKEN) < 20 or METRICS_TOKEN.startswith("change")):
        _reasons.append("METRICS_TOKEN is too short, or copied from the example")
    if not CELERY_BROKER_URL.startswith(("redis://", "rediss://", "redis+socket://", "sentinel://")):
        _reasons.append("CELERY_BROKER_URL or REDIS_URL must name a Redis broker")
    if _reasons:
        raise ImproperlyConfigured("Not fit for production: " + "; ".join(_reasons) + ".")
