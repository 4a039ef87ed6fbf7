"""How often one person may call the API: counted in the database, so that all workers count together.

REST framework's own throttles read, add and write back a cache that each worker has for itself.
"""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.db import connection
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from dignamik.foundation.models import RequestCount

WINDOW = 60  # seconds
_TABLE = RequestCount._meta.db_table
# One statement, so that nobody reads between another's reading and writing. `window` and `key` are words of SQL.
_COUNT = f"""
INSERT INTO {_TABLE} ("key", "window", "count") VALUES (%s, %s, 1)
ON CONFLICT ("key") DO UPDATE SET
    "count" = CASE WHEN {_TABLE}."window" >= excluded."window" THEN {_TABLE}."count" + 1 ELSE 1 END,
    "window" = CASE WHEN {_TABLE}."window" >= excluded."window" THEN {_TABLE}."window" ELSE excluded."window" END
RETURNING "count"
"""  # noqa: S608 (the name of our own table)


def counted(key: str, window: int) -> int:
    """Count one more for this key in this window; how many there are now, this one included."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key, window])
        return int(cursor.fetchone()[0])


class ByPerson(BaseThrottle):
    """So many reads and so many writes a minute (`API_RATES`), whatever the number of tokens and sessions."""

    left = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        now = time.time()
        self.left = WINDOW - now % WINDOW
        kind = "read" if request.method in SAFE_METHODS else "write"
        return counted(f"{kind}:{request.user.pk}", int(now // WINDOW)) <= settings.API_RATES[kind]

    def wait(self) -> float:
        """Seconds until the next window."""
        return self.left
