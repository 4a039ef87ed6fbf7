"""What one source says about one client, and what became of it: the words between the ways in and the one writer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Origin(StrEnum):
    """Who speaks. The value is what the history keeps; `reason_shown` says it in the reader's language."""

    ADMIN = "administration"
    IMPORT = "import de fichier"
    SYNC = "base interne"
    DEMO = "démonstration"
    PAGE = "page"
    API = "API"
    SETTLED = "valeur de la base interne acceptée"
    ENTRY = "saisie à l’écran"
    UNDO = "annulation de l’import"
    MERGE = "fusion"
    UNMERGE = "annulation de la fusion"


@dataclass(frozen=True)
class Reading:
    """Followers on one platform. `measured_on` None: as of the day of recording."""

    count: int | None
    has_account: bool | None = None
    measured_on: date | None = None


@dataclass(frozen=True)
class ClientFacts:
    """`fields`: model field → value, only what the source speaks of. Blank there means: the source knows nothing.

    `category` is a name; its sector is `fields["sector"]`. `readings`: the latest by platform; `earlier`: those before,
    (platform, dated reading), oldest first. `turnover` by year in euros.
    """

    source_id: str | None
    fields: Mapping[str, Any]
    category: str | None = None
    readings: Mapping[str, Reading] = field(default_factory=dict)
    turnover: Mapping[int, Decimal] = field(default_factory=dict)
    services: Mapping[str, date | None] | None = None
    earlier: Sequence[tuple[str, Reading]] = ()


@dataclass(frozen=True)
class Stamp:
    """When and by whom facts are recorded. `user` None: a machine. `which`: what tells it from others of its origin."""

    origin: Origin
    at: datetime
    user: Any = None
    which: str = ""

    @property
    def reason(self) -> str:
        """What the history keeps: in French, whoever is reading meanwhile."""
        return f"{self.origin.value} {self.which}".rstrip()


SHOWN = {
    Origin.ADMIN: _("administration"),
    Origin.PAGE: _("page"),
    Origin.API: _("API"),
    Origin.SETTLED: _("valeur de la base interne acceptée"),
    Origin.MERGE: _("fusion"),
    Origin.UNMERGE: _("annulation de la fusion"),
    Origin.IMPORT: _("import de fichier"),
    Origin.SYNC: _("base interne"),
    Origin.DEMO: _("démonstration"),
    Origin.ENTRY: _("saisie à l’écran"),
    Origin.UNDO: _("annulation de l’import"),
    Origin.MERGE: _("fusion"),
    Origin.UNMERGE: _("annulation de la fusion"),
    "relance": _("relance"),
}
_NUMBERED = re.compile(r"(?P<origin>.*) n° (?P<number>[0-9]+)")


def reason_shown(reason: str) -> str:
    """A reason that the history keeps, in the language of whoever reads it. What nobody here wrote stays as it is."""
    numbered = _NUMBERED.fullmatch(reason)
    origin = numbered["origin"] if numbered else reason
    if origin not in SHOWN:
        return reason
    said = str(SHOWN[origin])
    return _("%(origin)s n° %(number)s") % {"origin": said, "number": numbered["number"]} if numbered else said


@dataclass
class Tally:
    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def to_dict(self) -> dict[str, int]:
        return {"created": self.created, "updated": self.updated, "unchanged": self.unchanged}


@dataclass(frozen=True)
class Conflict:
    """A source disagrees with what a person set here. Ours stays.

    `field`: a field of Client, `turnover.<year>` or `followers.<platform>.<day>`; "latitude" is the whole position.
    `value` is theirs as JSON holds it, to be taken later.
    """

    pk: int
    source_id: str
    client: str
    field: str
    ours: str
    theirs: str
    value: Any

    def to_dict(self) -> dict[str, str]:
        """As `sync_source --json` says it."""
        return {name: getattr(self, name) for name in ("source_id", "client", "field", "ours", "theirs")}


def disagreement(client: Any, name: str, ours: Any, theirs: Any) -> Conflict:
    before, after = ("" if value is None else str(value) for value in (ours, theirs))
    return Conflict(client.pk, client.source_id or "", client.name, name, before, after, plain(theirs))


def plain(value: Any) -> Any:
    """As JSON holds it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


@dataclass
class Recorded:
    """What a bulk recording did, per table. `pks`: the client of each fact, in the order of the facts."""

    clients: Tally = field(default_factory=Tally)
    followers: Tally = field(default_factory=Tally)
    turnover: Tally = field(default_factory=Tally)
    conflicts: list[Conflict] = field(default_factory=list)
    touched: list[int] = field(default_factory=list)
    pks: list[int] = field(default_factory=list)
