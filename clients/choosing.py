"""Two clients side by side, value by value, with the one that a merge keeps unless somebody chooses the other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from clients.models import Client, Followers, Turnover
from clients.places import fold

KEPT, OTHER, BOTH = "kept", "other", "both"

# A field and the columns that are taken together: half a position, or half a name, would be nobody's.
COLUMNS: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "category": ("category_id",),
    "sector": ("sector",),
    "status": ("status",),
    "email": ("email",),
    "phone": ("phone",),
    "address": ("address",),
    "postal_code": ("postal_code",),
    "city": ("city",),
    "position": ("latitude", "longitude"),
    "website": ("website",),
    "has_website": ("has_website",),
    "services_known": ("services_known",),
    "do_not_contact": ("do_not_contact",),
    "is_personal": ("is_personal",),
    "account_manager": ("account_manager_id", "account_manager_name"),
    "client_since": ("client_since",),
    "next_follow_up": ("next_follow_up",),
    "notes": ("notes",),
}
# Whoever is a client already was one before somebody noted them as a prospect.
STATUSES = (Client.Status.ACTIVE, Client.Status.INACTIVE, Client.Status.LOST, Client.Status.PROSPECT)
Values = tuple[Any, ...]


@dataclass(frozen=True)
class Line:
    """One field of both, or one figure that both have. `default`: what a merge takes unless told otherwise."""

    name: str
    label: str
    kept: Values
    other: Values
    default: str

    @property
    def differs(self) -> bool:
        return self.kept != self.other

    @property
    def options(self) -> tuple[str, ...]:
        """Notes are the one thing that can be kept from both."""
        return (KEPT, OTHER, BOTH) if self.name == "notes" and all((*self.kept, *self.other)) else (KEPT, OTHER)


@dataclass(frozen=True)
class Proposal:
    """`version` tells whether what a person chose from is still what there is."""

    fields: Sequence[Line]
    figures: Sequence[Line]

    @property
    def lines(self) -> list[Line]:
        """Those where there is something to choose."""
        return [line for line in (*self.fields, *self.figures) if line.differs]

    @property
    def version(self) -> str:
        said = repr([(line.name, line.kept, line.other) for line in (*self.fields, *self.figures)])
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def propose(kept: Client, other: Client) -> Proposal:
    """What can be chosen between these two. Four queries at most, for the figures."""
    fields = [_field(name, kept, other) for name in COLUMNS if _is_told(name, kept, other)]
    return Proposal(fields, [*_readings(kept, other), *_turnovers(kept, other)])


def is_known(values: Values) -> bool:
    """Whether anything is known: an empty text or NULL is not."""
    return any(value not in (None, "") for value in values)


def values_of(client: Client, name: str) -> Values:
    """What a client says in a field; a position that was only derived from the town says nothing."""
    if name == "position" and client.position_precision != Client.Precision.GIVEN:
        return None, None
    return tuple(getattr(client, column) for column in COLUMNS[name])


def _is_told(name: str, kept: Client, other: Client) -> bool:
    """The sector follows the type of business where there is one."""
    return name != "sector" or kept.category_id is None or other.category_id is None


def _field(name: str, kept: Client, other: Client) -> Line:
    ours, theirs = values_of(kept, name), values_of(other, name)
    label = _("Position sur la carte") if name == "position" else str(Client._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return Line(name, f"{label[:1].upper()}{label[1:]}", ours, theirs, _default(name, kept, other, ours, theirs))


def _default(name: str, kept: Client, other: Client, ours: Values, theirs: Values) -> str:
    """What a person set here beats what a source says, known beats unknown; then what is safest, fullest or latest."""
    if not (is_known(ours) and is_known(theirs)):
        return KEPT if is_known(ours) or not is_known(theirs) else OTHER
    if name == "notes" and ours != theirs:
        return BOTH
    if name in SAFEST:
        return KEPT if SAFEST[name](ours[0], theirs[0]) == ours[0] else OTHER
    here, there = (not set(_own_names(name)).isdisjoint(client.local_fields) for client in (kept, other))
    if here != there:
        return KEPT if here else OTHER
    return _fuller(ours, theirs) or later_of(kept, other)


def _own_names(name: str) -> tuple[str, ...]:
    """As `local_fields` calls them."""
    return {"position": ("latitude", "longitude"), "account_manager": ("account_manager", "account_manager_name")}.get(
        name, (name,)
    )


def _fuller(ours: Values, theirs: Values) -> str:
    """A text that contains the other one says more, and capitals alone say less; "" where neither does."""
    one, two = ours[0], theirs[0]
    if not (isinstance(one, str) and isinstance(two, str)):
        return ""
    if fold(one) == fold(two):
        return {(False, True): KEPT, (True, False): OTHER}.get((one.isupper(), two.isupper()), "")
    longer, shorter = (one, two) if len(one) > len(two) else (two, one)
    if fold(shorter) in fold(longer):
        return KEPT if longer is one else OTHER
    return ""


def later_of(kept: Client, other: Client) -> str:
    """Whose facts changed last."""
    return OTHER if other.changed_at > kept.changed_at else KEPT


# Where one of two known values is the safer one to live with.
SAFEST: dict[str, Callable[[Any, Any], Any]] = {
    "status": lambda ours, theirs: min(ours, theirs, key=STATUSES.index),
    "do_not_contact": lambda ours, theirs: ours or theirs,
    "is_personal": lambda ours, theirs: ours or theirs,
    "services_known": lambda ours, theirs: ours and theirs,
    "client_since": min,
    "next_follow_up": min,
}


def _readings(kept: Client, other: Client) -> Iterator[Line]:
    """Readings of both on the same network and day that say something else."""
    ours, theirs = ({(row.platform, row.measured_on): row for row in who.readings.all()} for who in (kept, other))
    for platform, day in sorted(ours.keys() & theirs.keys()):
        one, two = ours[platform, day], theirs[platform, day]
        default = KEPT if two.count is None else OTHER if one.count is None else later_of(kept, other)
        label = f"{Followers.Platform(platform).label} ({day:%d/%m/%Y})"
        said = [(row.count, row.has_account) for row in (one, two)]
        line = Line(reading_key(platform, day), label, said[0], said[1], default)
        if line.differs:
            yield line


def _turnovers(kept: Client, other: Client) -> Iterator[Line]:
    ours, theirs = ({row.year: row.amount for row in who.turnovers.all()} for who in (kept, other))
    for year in sorted(ours.keys() & theirs.keys(), reverse=True):
        one, two = ((_amount(held[year]),) for held in (ours, theirs))
        if one != two:
            label = _("Chiffre d’affaires %(year)s") % {"year": year}
            yield Line(turnover_key(year), label, one, two, later_of(kept, other))


def reading_key(platform: str, day: date) -> str:
    return f"{Followers._meta.model_name}.{platform}.{day.isoformat()}"


def turnover_key(year: int) -> str:
    return f"{Turnover._meta.model_name}.{year}"


def _amount(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))
