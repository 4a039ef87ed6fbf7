"""The one door through which plays are written: each change is a version, with its conditions, who and when.

The versions are the rows of the play's history. The play's own number guards it: who began from an older one is told
what changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import HeldService
from dignamik.foundation.auditing import Kind, note
from segmentation.models import Condition, Play, Segment
from segmentation.models.playbook import TITLE_IS_TAKEN
from segmentation.retelling import retold

NOTHING_CHANGED = gettext_lazy("Rien n’a changé\u00a0: c’est déjà la version en vigueur.")
CONDITIONS_ARE_LOST = gettext_lazy(
    "Les conditions de cette version n’ont pas été gardées\u00a0: elle ne peut pas être remise."
)
HOUSE = "Dignamik"
SHOWN = 50
"""Versions that a page lists, the latest."""
FIELDS = ("title", "pitch", "service", "goal", "priority")

Row = tuple[str, str, str, bool]  # field, comparison, value, median


class CannotChange(Exception):
    """Said in French, to whoever asked. Nothing was written."""


class Overtaken(CannotChange):
    """Somebody else saved the play since this person opened it. `now` is the play in force."""

    def __init__(self, now: Play) -> None:
        self.now = now
        super().__init__(_("Cette action a changé pendant que vous y travailliez."))


@dataclass(frozen=True)
class Content:
    """All that a version of a play says. `conditions` is None where they were not kept."""

    segment: int
    title: str
    pitch: str
    service: str
    goal: str
    priority: int
    active: bool
    conditions: tuple[Row, ...] | None

    @classmethod
    def of(cls, play: Any, conditions: Sequence[Condition] | None) -> Content:
        """Of a play or of a row of its history."""
        rows = None if conditions is None else tuple(map(_row, conditions))
        own = (field.name for field in fields(cls) if field.name not in {"segment", "conditions"})
        return cls(segment=play.segment_id, conditions=rows, **{name: getattr(play, name) for name in own})

    def condition_rows(self) -> list[Condition]:
        """Unsaved, of no play."""
        return [_condition(row) for row in self.conditions or ()]


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was, in words; "" for nothing."""

    label: str
    before: str
    after: str

    def __str__(self) -> str:
        if self.before and self.after:
            return _("%(label)s\u00a0: %(before)s → %(after)s") % {
                "label": self.label,
                "before": self.before,
                "after": self.after,
            }
        said = _("%(label)s ajoutée\u00a0: %(value)s") if self.after else _("%(label)s retirée\u00a0: %(value)s")
        return said % {"label": self.label, "value": self.after or self.before}


@dataclass(frozen=True)
class Version:
    """One save of a play: by whom, when, and what it changed. `before` None: it is the first known."""

    number: int
    by: str
    at: datetime
    reason: str
    content: Content
    before: Content | None

    @property
    def changes(self) -> list[Difference]:
        return differences(self.before, self.content) if self.before else []

    @property
    def kept(self) -> bool:
        """Whether it can be brought back whole."""
        return self.content.conditions is not None


# --- Writing ---------------------------------------------------------------------------------------------------------


def save(play: Play, conditions: Sequence[Condition], *, seen: int, by: Any, reason: str = "") -> None:
    """Write the play as it stands in memory, with exactly these conditions, as its next version.

    `seen` is the version that this person began from (a new play has none). A condition said twice is kept once.
    Raises Overtaken when that version is no longer in force, CannotChange when nothing changed or the title is taken.
    """
    conditions = [_condition(row) for row in dict.fromkeys(map(_row, conditions))]
    try:
        with transaction.atomic():
            if play.pk is None:
                play.version = 1
            else:
                _take(play, seen)
                if Content.of(play, conditions) == of_play(Play.objects.get(pk=play.pk)):
                    raise CannotChange(NOTHING_CHANGED)
                play.version = seen + 1
            play.save()
            _replace(play, conditions)
            _keep(play, by=by, reason=reason)
    except IntegrityError:
        raise CannotChange(TITLE_IS_TAKEN) from None


def archive(play: Play, *, active: bool, seen: int, by: Any) -> None:
    """Take the play out of the plan, or back into it. Raises as `save`."""
    conditions = list(play.conditions.all())
    play.active = active
    save(play, conditions, seen=seen, by=by)


def restore(play: Play, number: int, *, seen: int, by: Any) -> None:
    """Write what an earlier version said as the next one; archived stays archived. Raises as `save`."""
    found = version(play, number)
    if found is None or not found.kept:
        raise CannotChange(CONDITIONS_ARE_LOST if found else _("Cette version n’existe pas."))
    for name in FIELDS:
        setattr(play, name, getattr(found.content, name))
    save(
        play,
        found.content.condition_rows(),
        seen=seen,
        by=by,
        reason=f"Version {number} remise.",  # kept, so in French whoever restores it
    )


def _take(play: Play, seen: int) -> None:
    """One of two people who save at the same moment gets it; the row is theirs until the end of the transaction."""
    if not Play.objects.filter(pk=play.pk, version=seen).update(version=F("version") + 1):
        raise Overtaken(Play.objects.get(pk=play.pk))


def _replace(play: Play, conditions: Sequence[Condition]) -> None:
    """In their order, in the rows that are there: a form that somebody opened before still finds them."""
    rows = list(play.conditions.all())
    for at, condition in enumerate(conditions):
        row = rows[at] if at < len(rows) else Condition(play=play)
        for name, value in condition.said.items():
            setattr(row, name, value)
        row.save()
    play.conditions.filter(pk__in=[row.pk for row in rows[len(conditions) :]]).delete()


def _keep(play: Play, *, by: Any, reason: str = "") -> None:
    """Complete the version just written with its conditions, who wrote it and why."""
    record = play.history.latest()
    record.conditions = [row.said for row in play.conditions.all()]
    record.history_user, record.history_change_reason = by, reason or None
    record.save()
    note(Kind.PLAY, by, about=play, history=[record.history_id], version=play.version, active=play.active)


# --- Reading ---------------------------------------------------------------------------------------------------------


def of_play(play: Play) -> Content:
    """What the play says now."""
    return Content.of(play, list(play.conditions.all()))


def versions(play: Play) -> list[Version]:
    """The latest first, `SHOWN` at most; the same number of queries for one and for all."""
    records = list(play.history.select_related("history_user")[: SHOWN + 1])
    contents = [of_record(record) for record in records]
    found = [
        _version(record, content, before)
        for record, content, before in zip(records, contents, [*contents[1:], None], strict=True)
    ]
    return found[:SHOWN]


def version(play: Play, number: int) -> Version | None:
    """One version, by its number."""
    record = play.history.filter(version=number).select_related("history_user").first()
    return _version(record, of_record(record), None) if record else None


def merged(base: Content, mine: Content, now: Content) -> Content:
    """What somebody changed since `base`, over what is in force: nothing that either of two people wrote is lost."""
    changed = {name: value for name, value in vars(mine).items() if value != getattr(base, name)}
    return replace(now, **changed)


def differences(before: Content, after: Content) -> list[Difference]:
    """Everything in which `after` is not `before`, in the order of the form."""
    return [*_fields(before, after), *_conditions(before, after), *_state(before, after)]


def _fields(before: Content, after: Content) -> Iterator[Difference]:
    if before.segment != after.segment:
        names = dict(Segment.objects.filter(pk__in=[before.segment, after.segment]).values_list("pk", "name"))
        yield Difference("Segment", *(names.get(pk, "–") for pk in (before.segment, after.segment)))
    choices = {"service": HeldService.Service, "goal": Play.Goal, "priority": Play.Priority}
    for name in FIELDS:
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            said = dict(choices[name].choices) if name in choices else {}
            field: Any = Play._meta.get_field(name)
            yield Difference(
                capfirst(str(field.verbose_name)),
                *(str(said.get(value, _("«\u00a0%(value)s\u00a0»") % {"value": value})) for value in (was, now)),
            )


def _conditions(before: Content, after: Content) -> Iterator[Difference]:
    if before.conditions is None or after.conditions is None:
        return
    for row in before.conditions:
        if row not in after.conditions:
            yield Difference("Condition", str(_condition(row)), "")
    for row in after.conditions:
        if row not in before.conditions:
            yield Difference("Condition", "", str(_condition(row)))
    if before.conditions != after.conditions and set(before.conditions) == set(after.conditions):
        orders = (
            _(" et ").join(str(_condition(row)) for row in rows) for rows in (before.conditions, after.conditions)
        )
        yield Difference(_("Ordre des conditions"), *orders)


def _state(before: Content, after: Content) -> Iterator[Difference]:
    if before.active != after.active:
        yield Difference(
            _("État"), *("active" if active else _("archivée") for active in (before.active, after.active))
        )


def of_record(record: Any) -> Content:
    """What a row of the history of a play says."""
    kept = record.conditions
    return Content.of(record, None if kept is None else [Condition(**said) for said in kept])


def _version(record: Any, content: Content, before: Content | None) -> Version:
    person = record.history_user
    by = str(person.get_full_name() or person.get_username()) if person else HOUSE
    return Version(record.version, by, record.history_date, retold(record.history_change_reason or ""), content, before)


def _row(condition: Condition) -> Row:
    return (condition.field, condition.comparison, condition.value, condition.median)


def _condition(row: Row) -> Condition:
    return Condition(**dict(zip(("field", "comparison", "value", "median"), row, strict=True)))
