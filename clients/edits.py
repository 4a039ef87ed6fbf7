"""What changed in a client's own facts, version by version, the way people read it."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from clients.duplicates import Merge
from clients.facts import Origin, reason_shown
from clients.models import Category, Client
from dignamik.foundation import french

VERSIONS = 40
"""As many of the latest versions are compared; older ones are in the admin."""
LONGEST_VALUE = 60
# In the order in which they are told. What is derived, or where a field came from, is nobody's edit.
TOLD = (
    "name", "category", "sector", "status", "email", "phone", "address", "postal_code", "city", "website",
    "has_website", "services_known", "do_not_contact", "account_manager", "account_manager_name", "client_since",
    "next_follow_up",
)  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """One version of a client's facts. `says` holds a sentence for each field that changed."""

    at: datetime
    by: Any
    reason: str
    says: Sequence[str]


def edits_of(client: Client, *, hidden: Container[str] = ()) -> list[Edit]:
    """The latest versions that changed something people read, latest first. At most four queries.

    Of the fields in `hidden` only that they changed is said, never from what to what.
    """
    versions = list(client.history.select_related("history_user")[: VERSIONS + 1])
    if not versions:
        return []
    names = {
        "category": _named(Category, {version.category_id for version in versions}),
        "account_manager": _named(get_user_model(), {version.account_manager_id for version in versions}),
    }
    merges = _merges(versions)
    found = [_edit(new, [*_merged(new, merges), *_changes(old, new, names, hidden)]) for new, old in pairwise(versions)]
    if len(versions) <= VERSIONS and versions[-1].history_type == "+":
        found.append(_edit(versions[-1], [_("Fiche créée")]))
    return [edit for edit in found if edit.says]


def _named(model: Any, pks: set[int | None]) -> dict[int, Any]:
    """The rows to name; where there was only ever one nobody asks for its name."""
    return dict(model.objects.in_bulk(pks - {None})) if len(pks) > 1 else {}


def _merges(versions: Sequence[Any]) -> dict[str, Merge]:
    """The merges that these versions come from, by the reason that the history gives."""
    prefixes = (f"{Origin.MERGE.value} n° ", f"{Origin.UNMERGE.value} n° ")
    reasons = {version.history_change_reason or "" for version in versions}
    told = {reason: int(reason.rpartition(" ")[2]) for reason in reasons if reason.startswith(prefixes)}
    found = Merge.objects.defer("rows").in_bulk(set(told.values())) if told else {}
    return {reason: found[pk] for reason, pk in told.items() if pk in found}


def _merged(version: Any, merges: dict[str, Merge]) -> list[str]:
    """Who was merged with whom, whichever of the two this is."""
    merge = merges.get(version.history_change_reason or "")
    if merge is None:
        return []
    name = merge.other_name if version.id == merge.kept_id else merge.kept_name
    if (version.history_change_reason or "").startswith(Origin.UNMERGE.value):
        return [_("Fusion avec «\u00a0%(name)s\u00a0» annulée") % {"name": name}]
    return [_("Fusion avec «\u00a0%(name)s\u00a0»") % {"name": name}]


def _edit(version: Any, says: Sequence[str]) -> Edit:
    return Edit(version.history_date, version.history_user, reason_shown(version.history_change_reason or ""), says)


def _changes(old: Any, new: Any, names: dict[str, dict[int, Any]], hidden: Container[str]) -> list[str]:
    says = []
    for name in TOLD:
        column = f"{name}_id" if name in names else name
        before, after = getattr(old, column), getattr(new, column)
        if before != after:
            label = str(Client._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
            said = {"label": f"{label[:1].upper()}{label[1:]}", "old": _said(name, before, names)}
            if name in hidden:
                says.append(_("%(label)s\u00a0: nouvelle valeur") % said)
                continue
            says.append(_("%(label)s\u00a0: %(old)s → %(new)s") % (said | {"new": _said(name, after, names)}))
    if old.notes != new.notes:
        says.append(_("Notes modifiées"))
    if (old.latitude, old.longitude) != (new.latitude, new.longitude):
        says.append(_("Position modifiée"))
    if old.merged_into_id == new.merged_into_id and (old.withdrawn_at is None) != (new.withdrawn_at is None):
        says.append(_("Retiré de la source") if new.withdrawn_at else _("Revenu dans la source"))
    return says


def _said(name: str, value: Any, names: dict[str, dict[int, Any]]) -> str:
    if name == "next_follow_up" and value is None:
        return _("aucune")
    if name in names:
        value = names[name].get(value)
        value = value.get_full_name() or value.get_username() if hasattr(value, "get_username") else value
    if value is None or value == "":
        return _("inconnu")
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    if isinstance(value, date):
        return french.day(value)
    if name == "status":
        return str(dict(Client.Status.choices).get(value, value))
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
