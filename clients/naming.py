"""Whom and what facts name: types of business, made where they are new, and account managers. For `recording`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model

from clients.facts import ClientFacts
from clients.models import Category
from clients.places import fold

NO_SECTOR = "Autre"


def categories_named(facts: Sequence[ClientFacts]) -> dict[str, Category]:
    """Every category named in the facts, created where missing, by folded name."""
    by_name = {fold(category.name): category for category in Category.objects.all()}
    new = [fact for fact in facts if fact.category and fold(fact.category) not in by_name]
    sectors: dict[str, str] = {}
    for fact in new:  # the first who knows the sector says it
        name, sector = fold(str(fact.category)), str(fact.fields.get("sector") or "")
        sectors[name] = sectors.get(name) or sector
    for fact in new:
        name = fold(str(fact.category))
        if name not in by_name:
            by_name[name] = Category.objects.create(name=str(fact.category), sector=sectors[name] or NO_SECTOR)
    return by_name


def managers_by_name() -> dict[str, Any]:
    """Users by what a source may call them: user name or e-mail, case ignored."""
    found: dict[str, Any] = {}
    for user in get_user_model().objects.filter(is_active=True):
        for name in (user.email, user.get_username()):
            if name:
                found[name.casefold()] = user
    return found
