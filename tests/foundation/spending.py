"""Spending a code in a process of its own (see `tests/outside.py`): no test's settings here."""

from __future__ import annotations

import sys
import time


def spend(at: float, code: str, pk: int, ip: str) -> None:
    """Exit code 0 if the code was taken, 3 if not."""
    from django.contrib.auth.models import User
    from django.test import RequestFactory

    from dignamik.foundation.second_factor import accept

    user = User.objects.get(pk=pk)
    time.sleep(max(0.0, at - time.time()))
    sys.exit(0 if accept(RequestFactory().get("/", REMOTE_ADDR=ip), user, code) else 3)
