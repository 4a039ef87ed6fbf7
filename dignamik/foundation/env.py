"""Typed readers of the environment: what is wrong is said at start, in a sentence that names the remedy."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import environ
from django.core.exceptions import ImproperlyConfigured

# Parameters that Prisma's client reads from its URL and libpq refuses.
PRISMA_ONLY = {
    "connection_limit",
    "pool_timeout",
    "pgbouncer",
    "socket_timeout",
    "statement_cache_size",
    "sslidentity",
    "sslpassword",
    "sslaccept",
}

LOG_FORMATS = ("json", "lines")


def secret_key(env: environ.Env, *, debug: bool) -> str:
    """The signing key. Refuses an empty one always, a short one outside DEBUG."""
    key: str = env.str("SECRET_KEY", default="")
    if not key:
        raise ImproperlyConfigured(
            "SECRET_KEY est vide. Donnez-lui au moins 50 caractères aléatoires dans l'environnement ou dans .env "
            "(« make run » en crée un pour la démonstration)."
        )
    if not debug and len(key) < 50:
        raise ImproperlyConfigured("SECRET_KEY est trop courte : il faut au moins 50 caractères aléatoires.")
    return key


def allowed_hosts(env: environ.Env, *, debug: bool) -> list[str]:
    """Host names this server answers to. Outside DEBUG, at least one, and never `*`."""
    hosts: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if debug else [])
    if not debug and (not hosts or "*" in hosts):
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS doit nommer les adresses du site, par exemple ALLOWED_HOSTS=dignamik.example.fr "
            "(« * » est refusé hors DEBUG)."
        )
    return hosts


def log_format(env: environ.Env, *, default: str) -> str:
    """How the log is written: `json` or `lines`."""
    asked: str = env.str("LOG_FORMAT", default="") or default
    if asked not in LOG_FORMATS:
        raise ImproperlyConfigured(f"LOG_FORMAT attend « json » ou « lines » : « {asked} » n’en est pas un.")
    return asked


def database(url: str) -> dict[str, object]:
    """Django's settings for one database URL, with the options that each engine needs here.

    SQLite: IMMEDIATE transactions and WAL, without which concurrent writers fail at once.
    PostgreSQL: a short connect time-out, and health checks so that a restarted server costs nobody an error.
    """
    config: dict[str, object] = environ.Env.db_url_config(url)
    if str(config["ENGINE"]).endswith("sqlite3"):
        name = str(config["NAME"])
        if name != ":memory:":
            Path(name).parent.mkdir(parents=True, exist_ok=True)
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        }
        return config
    options = dict(config.get("OPTIONS") or {})  # type: ignore[call-overload]
    options.setdefault("connect_timeout", 3)
    config |= {"OPTIONS": options, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    return config


def prisma_url(url: str) -> str:
    """A URL that libpq accepts, from one written for Prisma: its own parameters dropped, `schema` as search_path."""
    parts = urlsplit(url)
    kept, schema = [], ""
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        if key == "schema":
            schema = value
        elif key not in PRISMA_ONLY:
            kept.append((key, value))
    if schema:
        kept.append(("options", f'-c search_path="{schema}"'))
    return urlunsplit(parts._replace(query=urlencode(kept, quote_via=quote)))
