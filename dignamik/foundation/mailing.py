"""E-mail: whom the house writes to, and where no mail server is set, the terminal, beside the log."""

from __future__ import annotations

import sys
from typing import Any

from django.contrib.auth import get_user_model
from django.core.mail.backends import console

from dignamik.foundation import roles


class TerminalEmail(console.EmailBackend):
    """Django's own prints to standard output, where `--json` promises one JSON object and nothing else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"stream": sys.stderr, **kwargs})


def admin_addresses() -> list[str]:
    """Who gets a word when something that runs by itself needs somebody."""
    users = get_user_model().objects.filter(groups__name=roles.ADMIN, is_active=True).exclude(email="")
    return sorted(set(users.values_list("email", flat=True)))
