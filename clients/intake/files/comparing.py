"""Clients before and after: what an import changes, as people read it and as it can be put back.

A state is a flat JSON document of one client: `city`, `category_id`…, `followers.facebook.2026-11-26` → [count,
has_account], `turnover.2025` → "12500.50". What a client does not have is no key.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model

from clients.figures import CHUNK
from clients.models import Category, Client, Followers, Turnover
from clients.recording import RECORDED_FIELDS
from dignamik.foundation import french

State = dict[str, Any]
Change = tuple[str, str, str]
"""Label, before, after; "" for unknown."""

FOLLOWERS, TURNOVER = "followers", "turnover"
NO_ACCOUNT = "aucun compte"
# Derived, or said by another line: of no interest beside what a file says.
_UNSHOWN = frozenset(
    {"name_folded", "city_folded", "department", "position_precision", "place_problem", "latitude", "longitude"}
)
_BEGINS = {"services_known": False, "do_not_contact": False, "is_personal": True}
_LABELS = {
    "category_id": "Type d’entreprise",
    "withdrawn_at": "Retiré",
    "account_manager_name": "Chargé de compte",
    "account_manager_id": "Portefeuille de",
}


def states(pks: Sequence[int]) -> dict[int, State]:
    """The facts of these clients, by key; clients that do not exist are left out."""
    found: dict[int, State] = {}
    for start in range(0, len(pks), CHUNK):
        some = pks[start : start + CHUNK]
        for row in Client.objects.filter(pk__in=some).values("pk", *RECORDED_FIELDS):
            pk = row.pop("pk")
            found[pk] = {name: _plain(value) for name, value in row.items()}
        readings = Followers.objects.filter(client__in=some)
        columns = ("client", "platform", "measured_on", "count", "has_account")
        for client, platform, day, count, has_account in readings.values_list(*columns):
            found[client][f"{FOLLOWERS}.{platform}.{day.isoformat()}"] = [count, has_account]
        for client, year, amount in Turnover.objects.filter(client__in=some).values_list("client", "year", "amount"):
            found[client][f"{TURNOVER}.{year}"] = str(amount)
    return found


def differing(before: State, after: State) -> State:
    """Every fact that is not the same in both, with its value before (None where there was none)."""
    return {key: before.get(key) for key in sorted({*before, *after}) if before.get(key) != after.get(key)}


class Wording:
    """Changes in the words of the pages, in the language that it was made in.

    Knows the names of all types of business and of all users.
    """

    def __init__(self) -> None:
        self.categories = dict(Category.objects.values_list("pk", "name"))
        # Thousands of clients have the same few labels, and each look-up in a catalogue costs as much as a cell.
        self.labels = {name: _LABELS.get(name) or _label(name) for name in RECORDED_FIELDS if name not in _UNSHOWN}
        self.platforms = {value: f"Abonnés {label}" for value, label in Followers.Platform.choices}
        self.statuses = {value: str(label) for value, label in Client.Status.choices}
        self.users = {user.pk: user.get_full_name() or user.get_username() for user in get_user_model().objects.all()}

    def changes(self, before: State, after: State) -> list[Change]:
        """What differs, a line each, in the order of the client's fields, then networks, then years."""
        old, new = self._said(before), self._said(after)
        labels = [label for label in {**new, **old} if old.get(label, "") != new.get(label, "")]
        return [(label, old.get(label, ""), new.get(label, "")) for label in labels]

    def _said(self, state: State) -> dict[str, str]:
        """Label → value as people read it; without what is unknown."""
        if not state:
            return {}
        said = {label: self._written(name, state.get(name)) for name, label in self.labels.items()}
        if precision := state.get("position_precision"):
            found = f"{french.grouped(state['latitude'], 5)} ; {french.grouped(state['longitude'], 5)}"
            said["Position"] = f"{found} ({Client.Precision(precision).label})"
        latest: dict[str, str] = {}
        for key in sorted(key for key in state if key.startswith(f"{FOLLOWERS}.")):
            _, platform, _ = key.split(".")
            latest[self.platforms[platform]] = _reading(*state[key])
        years = sorted((key for key in state if key.startswith(f"{TURNOVER}.")), reverse=True)
        amounts = {f"CA {key.split('.')[1]}": french.exact_euros(Decimal(state[key])) for key in years}
        return {label: text for label, text in {**said, **latest, **amounts}.items() if text}

    def _written(self, name: str, value: Any) -> str:
        if name == "category_id":
            return self.categories.get(value, "")
        if name == "account_manager_id":
            return self.users.get(value, "")
        if name == "status":
            return self.statuses[value] if value else ""
        if name == "withdrawn_at":
            return "oui" if value else ""
        if name == "client_since":
            return f"{date.fromisoformat(value):%d/%m/%Y}" if value else ""
        if isinstance(value, bool):
            # Where everybody begins, nothing is said.
            return "" if _BEGINS.get(name) is value else "oui" if value else "non"
        return "" if value is None else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _label(name: str) -> str:
    label = str(getattr(Client._meta.get_field(name), "verbose_name", name))
    return label[0].upper() + label[1:]


def _reading(count: int | None, has_account: bool | None) -> str:  # noqa: FBT001 (a row's columns)
    if count is not None:
        return french.grouped(count)
    return NO_ACCOUNT if has_account is False else "compte sans nombre d’abonnés"
