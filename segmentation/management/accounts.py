"""The account that somebody at a terminal names with `--by`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError


def account(name: str) -> Any:
    """The account of that name, as people type it; None when nobody was named. Raises CommandError for a stranger."""
    if not name:
        return None
    found = get_user_model().objects.filter(username__iexact=name, is_active=True).first()
    if found is None:
        raise CommandError(f"--by attend l’identifiant d’un compte de Dignamik : « {name} » n’en est pas un.")
    return found
