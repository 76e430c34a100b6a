"""Everything that can be set, in one file, read from the environment.

Each setting says what it is for; `manage.py check --deploy` names what is missing or contradictory.
"""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from callcenter import logs, postgres, sidebar

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_DIR = BASE_DIR / ".local"


def _flag(name: str, default: bool = False) -> bool:
    return os.environ.get(name, str(default)).strip().lower() in {"1", "true", "yes", "on"}


def _words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def _number(name: str, default: str) -> float:
    try:
        return float(os.environ.get(name) or default)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not a number: {os.environ[name]!r}.") from None


def _one_of(name: str, *words: str) -> str:
    """The first is the default."""
    word = os.environ.get(name) or words[0]
    if word not in words:
        raise ImproperlyConfigured(f"{name} is {word!r}, and not one of {', '.join(words)}.")
    return word


def _port(url: str) -> str:
    try:
        return str(urlsplit(url).port or "")
    except ValueError:
        raise ImproperlyConfigured("DATABASE_URL has a port that is no number.") from None


def _database(url: str) -> dict[str, object]:
    """`postgresql://user:password@host:port/name?option=value`; an absolute path in `host` is a
    socket folder. Only PostgreSQL is supported."""
    parts = urlsplit(url)
    options: dict[str, str] = dict(
        pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair
    )
    host = unquote(options.pop("host", "") or parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/") or "callcenter",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": _port(url),
        # The server binds parameters and keeps the plans of what is asked often: the carrier's
        # requests cost PostgreSQL a third of what they would (python -m benchmarks webhooks).
        "OPTIONS": {"server_side_binding": True, "prepare_threshold": 3, **options},
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"NAME": os.environ.get("TEST_DATABASE_NAME", "test_callcenter")},
    }


# Core ---------------------------------------------------------------------------------------------
DEBUG = _flag("DEBUG")
# Signs sessions and forms. The development value is refused by `check --deploy`.
SECRET_KEY = os.environ.get("SECRET_KEY", "development-only-not-a-secret")
ALLOWED_HOSTS = _words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = _words("CSRF_TRUSTED_ORIGINS")
TIME_ZONE = os.environ.get("TIME_ZONE", "UTC")
USE_TZ = True
LANGUAGE_CODE = "en"
ROOT_URLCONF = "callcenter.urls"
ASGI_APPLICATION = "callcenter.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Empty: the embedded server, which `make demo` or `python -m callcenter.postgres start` starts.
DATABASE_URL = os.environ.get("DATABASE_URL") or postgres.locate().url
DATABASES = {"default": _database(DATABASE_URL)}
# Between machines the live bus runs on Redis; on one machine PostgreSQL carries it.
REDIS_URL = os.environ.get("REDIS_URL", "")

# The carrier --------------------------------------------------------------------------------------
# With no account set, everything runs against the sandbox carrier.
SANDBOX_ACCOUNT_SID = "AC" + "5a" * 16
SANDBOX_AUTH_TOKEN = "5a" * 16
TWILIO_ACCOUNT_SID = os.environ.get("TWILIO_ACCOUNT_SID", SANDBOX_ACCOUNT_SID)
# Signs every webhook, also when REST calls are made with an API key.
TWILIO_AUTH_TOKEN = os.environ.get("TWILIO_AUTH_TOKEN", SANDBOX_AUTH_TOKEN)
TWILIO_API_KEY = os.environ.get("TWILIO_API_KEY", "")
TWILIO_API_SECRET = os.environ.get("TWILIO_API_SECRET", "")
CARRIER_IS_SANDBOX = TWILIO_ACCOUNT_SID == SANDBOX_ACCOUNT_SID
# Where the carrier's REST API is; empty means Twilio's own.
CARRIER_API_URL = os.environ.get(
    "CARRIER_API_URL", "http://127.0.0.1:8810" if CARRIER_IS_SANDBOX else ""
)
# Where browsers' telephones meet Twilio, the first that answers: `dublin,roaming`. Empty: by way of
# the nearest (https://www.twilio.com/docs/global-infrastructure/edge-locations).
TWILIO_EDGES = _words("TWILIO_EDGES")
# The TwiML App that agents' browsers call through; they need the API key, too.
SANDBOX_API_KEY, SANDBOX_API_SECRET = "SK" + "5a" * 16, "5a" * 16
SANDBOX_TWIML_APP_SID = "AP" + "5a" * 16
TWILIO_TWIML_APP_SID = os.environ.get(
    "TWILIO_TWIML_APP_SID", SANDBOX_TWIML_APP_SID if CARRIER_IS_SANDBOX else ""
)
# Seconds that one REST request may take before its outcome is unknown.
CARRIER_TIMEOUT = _number("CARRIER_TIMEOUT", "10")
# The address at which the carrier reaches us; signatures are checked against it.
PUBLIC_URL = os.environ.get("PUBLIC_URL", "http://127.0.0.1:8800").rstrip("/")
# The address of the answering service that needs no database (docs/operations.md).
FALLBACK_URL = os.environ.get("FALLBACK_URL", PUBLIC_URL).rstrip("/")

# Talking in the browser (docs/softphone.md) -------------------------------------------------------
# Seconds that an agent's browser may use one token; it asks for the next before that.
SOFTPHONE_TOKEN_SECONDS = int(_number("SOFTPHONE_TOKEN_SECONDS", "600"))
# For so long a customer hears music while an agent's browser that was lost comes back.
SOFTPHONE_GRACE_SECONDS = int(_number("SOFTPHONE_GRACE_SECONDS", "20"))
# `silent` is for pages without a carrier: nobody is heard.
SOFTPHONE_DRIVER = _one_of("SOFTPHONE_DRIVER", "twilio", "silent")

# Applications -------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "django_htmx",
    "rest_framework",
    "rest_framework_api_key",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "procrastinate.contrib.django",
    "calls",
    "agents",
    "callcenter",
]
MIDDLEWARE = [
    "callcenter.health.health",
    "django.middleware.security.SecurityMiddleware",
    "callcenter.content_security.ContentSecurity",
    "callcenter.text_only.TextOnly",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
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
            ],
        },
    },
]
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / "staticfiles"
# Pages work without a `collectstatic`; where one was made, its files are served too.
WHITENOISE_USE_FINDERS = True
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"

# Who serves callers: calls asks these without importing the agents application. -------------------
# `(queue_id, now) -> tuple[int, int]`: how many are signed in for a queue, and of these at work.
STAFFING = "agents.staffing.staff"
# For so long a web process remembers which queue a number leads to, and when that is open.
ROUTES_REMEMBERED_SECONDS = float(os.environ.get("ROUTES_REMEMBERED_SECONDS", "2"))
# `(*, now) -> int`: match waiting callers with free agents; how many offers were made.
DISPATCHER = "agents.services.dispatch.run"
# Whether this user is on a break: `(user_id) -> bool`. A line that is kept open is not rung again
# then.
ON_A_BREAK = "agents.staffing.is_on_a_break"
# Each `(*, now) -> object`: what else the worker looks at every ten seconds.
SWEEPS = [
    "agents.presence.sweep",
    "agents.services.standby.sweep",
    "calls.services.forgetting.sweep",
    "calls.services.keeping.sweep",
]

# Played to waiting callers of queues that name no music of their own: a static file, or empty.
HOLD_MUSIC = os.environ.get("HOLD_MUSIC", "audio/waiting.wav")
# How many callers a second are moved where everybody in a line is: what the carrier takes at least.
LINE_CHANGE_RATE = max(1, int(_number("LINE_CHANGE_RATE", "10")))

# Lines that supervisors without a desk of their own may be rung on: numbers and SIP addresses.
SUPERVISOR_LINES = _words("SUPERVISOR_LINES")

# Numbers outside that callers may be sent on to, by how they begin: `+1415,+49`. Empty: those of
# the countries in which our own numbers are, but for premium-rate ones.
OUTSIDE_PREFIXES = _words("OUTSIDE_PREFIXES")

# Background work ----------------------------------------------------------------------------------
# Where procrastinate finds the tasks of each application.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

# For how many days it is kept; 0: for ever (docs/operations.md). ----------------------------------
# A call with all that hangs on it: legs, offers, orders, its story, its news, a voicemail.
CALLS_KEPT_DAYS = _number("CALLS_KEPT_DAYS", "0")
# The carrier's requests as they came in, of calls that are over.
NEWS_KEPT_DAYS = _number("NEWS_KEPT_DAYS", "90")
# Background jobs that failed for good; those that succeeded are not kept.
FAILED_JOBS_KEPT_DAYS = _number("FAILED_JOBS_KEPT_DAYS", "30")

# The API (docs/api.md) and the admin --------------------------------------------------------------
# How many requests a key, or a person, may send: `600/min`; empty: any number.
API_RATE = os.environ.get("API_RATE", "600/min")
# The hosts that addresses in TwiML given over the API may name; with none, it may hold no address.
API_TWIML_HOSTS = [host.lower() for host in _words("API_TWIML_HOSTS")]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "calls.api.authentication.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["calls.api.permissions.Scoped"],
    "DEFAULT_THROTTLE_CLASSES": ["calls.api.throttling.PerClient"],
    "DEFAULT_PARSER_CLASSES": ["calls.api.parsing.Json"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "calls.api.paging.Cursor",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "calls.api.problems.answer",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Call centre API",
    "DESCRIPTION": "Find calls, see who waits and who is there, end and redirect live calls. "
    "Send an API key as `Authorization: Api-Key <key>`. Errors are problem details (RFC 9457). "
    "Repeat a write safely by giving it an `Idempotency-Key`.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "TAGS": [
        {"name": "calls", "description": "Customers' visits, and changing them while they last."},
        {"name": "queues", "description": "Lines of callers, and who stands in them."},
        {"name": "recordings", "description": "What was recorded, who may hear it, what is kept."},
        {"name": "agents", "description": "Who takes calls, and what was offered to them."},
    ],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "calls.api.openapi.name_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "CallState": "calls.api.openapi.CALL_STATE",
        "CallOutcome": "calls.api.openapi.CALL_OUTCOME",
        "LegState": "calls.api.openapi.LEG_STATE",
        "OfferState": "calls.api.openapi.OFFER_STATE",
        "OrderState": "calls.api.openapi.ORDER_STATE",
        "TransferKind": "calls.api.openapi.TRANSFER_KIND",
        "Intent": "agents.api.shapes.INTENT",
        "AgentStatus": "agents.api.shapes.STATUS",
        "LineKind": "agents.api.shapes.LINE_KIND",
        "LineState": "agents.api.shapes.LINE_STATE",
        "StandbyState": "agents.api.shapes.STANDBY",
    },
}
# The admin's theme, and what its sidebar leads to.
UNFOLD = sidebar.UNFOLD
# End of the API and the admin ---------------------------------------------------------------------

# Watching -----------------------------------------------------------------------------------------
# Prometheus sends it as `Authorization: Bearer …`; empty: /metrics is for this machine alone.
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")
# `json`, one object a line, or `text`; neither ever holds a telephone number or a secret.
LOGGING = logs.configuration(
    level=_one_of("LOG_LEVEL", "INFO", "DEBUG", "WARNING", "ERROR", "CRITICAL"),
    style=_one_of("LOG_FORMAT", "json", "text"),
)

# Security -----------------------------------------------------------------------------------------
# Behind a proxy that ends TLS, PUBLIC_URL starts with https and these follow from it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _flag("BEHIND_TLS_PROXY") else None
# How many proxies of ours add to X-Forwarded-For before a request is here; what others wrote into
# it is not believed. 0 behind a proxy: where somebody signs in from is not known, and not limited.
PROXIES_IN_FRONT = int(_number("PROXIES_IN_FRONT", "0"))
# How often somebody may be wrong about a password: `10/hour` is ten at once, and one more every six
# minutes; empty: any number. An office is one address, and a day begins for everybody at once.
SIGN_IN_RATE_PER_ACCOUNT = os.environ.get("SIGN_IN_RATE_PER_ACCOUNT", "10/hour")
SIGN_IN_RATE_PER_ADDRESS = os.environ.get("SIGN_IN_RATE_PER_ADDRESS", "100/hour")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SECURE_SSL_REDIRECT = _flag("SECURE_SSL_REDIRECT", PUBLIC_URL.startswith("https://"))
SECURE_HSTS_SECONDS = int(_number("SECURE_HSTS_SECONDS", "0"))
SECURE_HSTS_INCLUDE_SUBDOMAINS = _flag("SECURE_HSTS_INCLUDE_SUBDOMAINS")
# Whether a domain goes on the browsers' own lists is its owner's decision, not this program's.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
