"""One read-only look at the internal database: short time-outs, one consistent snapshot, no way to write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg2
from django.conf import settings
from psycopg2 import errors
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from clients.intake.errors import IntakeError
from dignamik.foundation.env import prisma_url

CONNECT_SECONDS = 3
STATEMENT_MS, LOCK_MS = 60_000, 3_000
REMEDY = "Vérifiez SOURCE_DATABASE_URL (ou --url) et que le serveur tourne. Rien n’a été modifié ici."


@contextmanager
def snapshot(url: str = "") -> Iterator[Any]:
    """A cursor in one REPEATABLE READ, READ ONLY transaction of the source; `url` defaults to the configured one.

    Raises:
        IntakeError: not configured, unreachable, refused, or too slow.
    """
    url = url or settings.SOURCE_DATABASE_URL
    if not url:
        raise IntakeError("Aucune base source n’est configurée : donnez SOURCE_DATABASE_URL, ou --url.")
    if not place(url):
        raise IntakeError(f"L’adresse de la base source n’est pas lisible. {REMEDY}")
    if urlsplit(url).scheme not in ("postgres", "postgresql"):
        raise IntakeError("L’adresse de la base source doit commencer par postgresql:// (voir SOURCE_DATABASE_URL).")
    if urlsplit(url).netloc.count("@") > 1:  # libpq would take the rest of the password for the host, and print it
        raise IntakeError("L’adresse de la base source contient plusieurs « @ » : écrivez %40 dans le mot de passe.")
    with closing(_connect(url)) as connection, connection.cursor() as cursor:
        try:
            cursor.execute("SET LOCAL statement_timeout = %s", [STATEMENT_MS])
            cursor.execute("SET LOCAL datestyle = 'ISO'")
            cursor.execute("SET LOCAL lock_timeout = %s", [LOCK_MS])
            yield cursor
        except errors.InsufficientPrivilege as error:
            raise IntakeError(
                f"Le rôle de la base source n’a pas le droit de lire : {_said(error)}. "
                "Donnez-lui SELECT sur ces tables."
            ) from None
        except errors.QueryCanceled:
            raise IntakeError("La base source a mis trop de temps à répondre : réessayez plus tard.") from None
        except psycopg2.Error as error:
            raise IntakeError(f"La lecture de la base source a échoué : {_said(error)}. {REMEDY}") from None
        finally:
            connection.rollback()


def place(url: str = "") -> str:
    """Where the source is, without its password: « host:port/database », as it is written."""
    try:
        parts = urlsplit(url or settings.SOURCE_DATABASE_URL)
    except ValueError:  # half a bracket of an IPv6 address
        return ""
    return f"{parts.netloc.rpartition('@')[2] or 'localhost'}{parts.path}"


def _connect(url: str) -> Any:
    given = parse_qs(urlsplit(url).query)
    timeout = {} if "connect_timeout" in given else {"connect_timeout": CONNECT_SECONDS}
    try:
        connection = psycopg2.connect(prisma_url(url), application_name="dignamik", **timeout)
    except psycopg2.OperationalError as error:
        raise IntakeError(f"La base source {place(url)} ne répond pas : {_said(error)}. {REMEDY}") from None
    except (psycopg2.Error, ValueError):  # the message may repeat the URL, and with it the password
        raise IntakeError(f"L’adresse de la base source n’est pas lisible. {REMEDY}") from None
    connection.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
    return connection


def _said(error: Exception) -> str:
    """The server's own first line."""
    return (str(error).strip().splitlines() or ["sans explication"])[0].rstrip(".")
