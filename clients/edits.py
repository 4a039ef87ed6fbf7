"""What changed in a client's own facts, version by version, the way people read it."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from clients.duplicates import Merge
from clients.facts import Origin, reason_shown
from clients.figure_edits import figure_versions
from clients.models import Category, Client
from clients.telling import label_of, value_said

VERSIONS = 40
"""As many of the latest versions are compared; older ones are in the admin."""
AT_ONE_GO = timedelta(seconds=2)
# In the order in which they are told. What is derived, or where a field came from, is nobody's edit.
TOLD = (
    "name", "category", "sector", "status", "email", "phone", "address", "postal_code", "city", "website",
    "has_website", "services_known", "do_not_contact", "is_personal", "account_manager", "account_manager_name",
    "client_since", "next_follow_up",
)  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """One version of a client's facts. `says` holds a sentence for each field that changed."""

    at: datetime
    by: Any
    reason: str
    says: Sequence[str]
    made: bool = False
    figures: bool = False  # nothing but these


def edits_of(client: Client, versions_told: int = VERSIONS, *, hidden: Container[str] = ()) -> list[Edit]:
    """The latest versions that changed something people read, latest first. At most seven queries.

    Of the fields in `hidden` only that they changed is said, never from what to what.
    """
    versions = list(client.history.select_related("history_user")[: versions_told + 1])
    names = {
        "category": _named(Category, {version.category_id for version in versions}),
        "account_manager": _named(get_user_model(), {version.account_manager_id for version in versions}),
    }
    merges = _merges(versions)
    found = [_edit(new, [*_merged(new, merges), *_changes(old, new, names, hidden)]) for new, old in pairwise(versions)]
    if versions and len(versions) <= versions_told and versions[-1].history_type == "+":
        found.append(_edit(versions[-1], [_("Fiche créée")], made=True))
    found += [replace(_edit(version, [said]), figures=True) for version, said in figure_versions(client)]
    return _together([edit for edit in found if edit.says])


def _together(edits: Sequence[Edit]) -> list[Edit]:
    """Latest first; what one person or machine wrote at one go is one edit. What a client came with is not told."""
    merged: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: edit.at, reverse=True):
        last = merged[-1] if merged else None
        if last is None or (last.by, last.reason) != (edit.by, edit.reason) or last.at - edit.at > AT_ONE_GO:
            merged.append(edit)
        elif edit.made or last.made:
            merged[-1] = edit if edit.made else last
        else:
            first, then = (last, edit) if edit.figures and not last.figures else (edit, last)
            both = edit.figures and last.figures
            merged[-1] = replace(last, says=[*first.says, *then.says], figures=both)
    return merged


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


def _edit(version: Any, says: Sequence[str], *, made: bool = False) -> Edit:
    reason = reason_shown(version.history_change_reason or "")
    return Edit(version.history_date, version.history_user, reason, says, made)


def _changes(old: Any, new: Any, names: dict[str, dict[int, Any]], hidden: Container[str]) -> list[str]:
    says = []
    for name in TOLD:
        column = f"{name}_id" if name in names else name
        before, after = getattr(old, column), getattr(new, column)
        if before != after:
            said = {"label": label_of(name), "old": _said(name, before, names)}
            if name in hidden:
                says.append(_("%(label)s\u00a0: nouvelle valeur") % said)
                continue
            says.append(_("%(label)s\u00a0: %(old)s → %(new)s") % (said | {"new": _said(name, after, names)}))
    if old.notes != new.notes:
        says.append(_("Notes modifiées"))
    if (old.latitude, old.longitude) != (new.latitude, new.longitude):
        said = {"label": label_of("latitude"), "old": _position(old), "new": _position(new)}
        says.append(_("%(label)s\u00a0: %(old)s → %(new)s") % said)
    if old.merged_into_id == new.merged_into_id and (old.withdrawn_at is None) != (new.withdrawn_at is None):
        says.append(_("Retiré de la source") if new.withdrawn_at else _("Revenu dans la source"))
    if (old.profiling_objected_at is None) != (new.profiling_objected_at is None):
        says.append(_("Opposition au profilage") if new.profiling_objected_at else _("Opposition au profilage levée"))
    return says


def _position(version: Any) -> str:
    given = version.latitude is not None
    return value_said("latitude", (version.latitude, version.longitude) if given else None)


def _said(name: str, value: Any, names: dict[str, dict[int, Any]]) -> str:
    return value_said(name, names[name].get(value) if name in names else value)
