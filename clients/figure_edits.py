"""What became of a client's readings, turnovers and services, version by version; and who wrote a value last."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from clients.facts import reason_shown
from clients.models import Client, Followers, HeldService, Turnover
from clients.telling import label_of, value_said
from dignamik.foundation import french

VERSIONS = 200
"""As many of the latest versions of each kind of figure are told."""


@dataclass(frozen=True)
class Wrote:
    """Who wrote something, when, and through which way in."""

    by: Any
    at: datetime
    reason: str


def figure_versions(client: Client) -> Iterator[tuple[Any, str]]:
    """Each version of a figure that changed something, with its sentence. One query a kind."""
    for model, tell in ((Turnover, _turnover), (Followers, _reading), (HeldService, _service)):
        history: Any = model.history
        versions = list(
            history.filter(client_id=client.pk).select_related("history_user").order_by("-history_id")[:VERSIONS]
        )
        versions.sort(key=lambda version: (version.id, version.history_id))
        for _row, group in groupby(versions, key=lambda version: version.id):
            before = None
            for version in group:
                now = None if version.history_type == "-" else version
                # The oldest one in hand may have had one before it: then it says nothing of what it changed.
                known = before is not None or version.history_type in "+-"
                said = tell(before or (version if version.history_type == "-" else None), now) if known else ""
                before = now
                if said:
                    yield version, said


def _turnover(old: Any, new: Any) -> str:
    return _change(
        _("CA %(year)s") % {"year": (new or old).year},
        value_said("turnover.0", old.amount) if old else "",
        value_said("turnover.0", new.amount) if new else "",
    )


def _reading(old: Any, new: Any) -> str:
    row = new or old
    key = f"followers.{row.platform}.{row.measured_on.isoformat()}"
    return _change(label_of(key), _counted(old) if old else "", _counted(new) if new else "")


def _counted(row: Any) -> str:
    if row.has_account is False:
        return _("pas de compte")
    return french.grouped(row.count) if row.count is not None else _("un compte, abonnés inconnus")


def _service(old: Any, new: Any) -> str:
    label = _("Service «\u00a0%(name)s\u00a0»") % {"name": (new or old).get_service_display()}
    return _change(label, _since(old) if old else "", _since(new) if new else "")


def _since(row: Any) -> str:
    return _("depuis le %(day)s") % {"day": french.day(row.since)} if row.since else _("détenu")


def _change(label: str, old: str, new: str) -> str:
    """ "" on either side: there was none, or it was deleted."""
    if old == new:
        return ""
    said = {"label": label, "old": old or _("inconnu"), "new": new}
    if not new:
        return _("%(label)s\u00a0: %(old)s → supprimé") % said
    return _("%(label)s\u00a0: %(old)s → %(new)s") % said


# --- Who wrote it ----------------------------------------------------------------------------------------------------


def written_last(wanted: Collection[tuple[int, str]]) -> dict[tuple[int, str], Wrote]:
    """Who gave these fields of these clients their value of now, as far as the histories say. A query a history."""
    pks = {pk for pk, _name in wanted}
    found: dict[tuple[int, str], Wrote] = {}
    own = [(pk, name) for pk, name in wanted if "." not in name]
    if own:
        history: Any = Client.history
        versions = history.filter(id__in=pks).select_related("history_user").order_by("id", "-history_id")
        for pk, group in groupby(versions, key=lambda version: int(version.id)):
            of = list(group)
            for name in (name for owner, name in own if owner == pk):
                found[pk, name] = _wrote(_writer(of, name))
    for model, kind in ((Turnover, "turnover"), (Followers, "followers")):
        if any(name.startswith(f"{kind}.") for _pk, name in wanted):
            rows: Any = model.history
            for version in rows.filter(client_id__in=pks).select_related("history_user").order_by("history_id"):
                rest = version.year if kind == "turnover" else f"{version.platform}.{version.measured_on.isoformat()}"
                if (version.client_id, f"{kind}.{rest}") in wanted:
                    found[version.client_id, f"{kind}.{rest}"] = _wrote(version)
    return found


def _writer(versions: list[Any], name: str) -> Any:
    """The first of the latest versions (latest first) that all have the value of now."""
    field: Any = Client._meta.get_field(name)
    columns = ("latitude", "longitude") if name == "latitude" else (field.attname,)
    held = [tuple(getattr(version, column) for column in columns) for version in versions]
    same = next((at for at, value in enumerate(held) if value != held[0]), len(held))
    return versions[same - 1]


def _wrote(version: Any) -> Wrote:
    return Wrote(version.history_user, version.history_date, reason_shown(version.history_change_reason or ""))


def last_change(row: Any) -> str:
    """Who wrote this row last, and when, in words."""
    version = row.history.select_related("history_user").first() if hasattr(row, "history") else None
    if version is None:
        return _("quelqu’un")
    by = version.history_user
    who = (
        (by and (by.get_full_name() or by.get_username()))
        or reason_shown(version.history_change_reason or "")
        or _("quelqu’un")
    )
    return _("%(who)s, le %(when)s") % {"who": who, "when": french.moment(version.history_date)}
