"""What one import would do, a page at a time: changes, new clients, refused rows, repeated lines, unplaced clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.imports import FileImport, ImportedLine
from clients.intake.files import filing, layout, undoing
from clients.intake.files.undoing import Edited
from dignamik.foundation.models import Job

LINES_A_PAGE = 25
EDITED_SHOWN = 50
SILENCE = timedelta(seconds=15)
"""A job that waits longer than this while none is going has no worker."""


@dataclass(frozen=True)
class Part:
    """One kind of line: its name in the address, its label and how many there are."""

    name: str
    label: str
    count: int
    here: bool


@dataclass(frozen=True)
class MappedColumn:
    """A column of the file, with what it is taken for ("" for nothing)."""

    place: int
    heading: str
    example: str
    code: str


class Preview:
    """Needs the query string: `show` names the part, `page` its page; what they do not name is the first one."""

    def __init__(self, file_import: FileImport, query: Mapping[str, Any]) -> None:
        self.file_import = file_import
        self.wanted = str(query.get("show", ""))
        self.number = query.get("page", 1)

    @cached_property
    def parts(self) -> Sequence[Part]:
        """Those that have something to show; the one at hand is marked."""
        found = self.file_import
        counted = (
            ("changed", _("Modifiés"), found.updated),
            ("created", _("Nouveaux"), found.created),
            ("rejected", _("Refusés"), len(found.rejected)),
            ("repeated", _("Répétés"), len(found.repeated)),
            ("unplaced", _("Sans position"), len(found.unplaced)),
        )
        there = [part for part in counted if part[2]]
        names = [name for name, _, _ in there]
        here = self.wanted if self.wanted in names else next(iter(names), "")
        return [Part(name, label, count, here=name == here) for name, label, count in there]

    @property
    def part(self) -> str:
        return next((part.name for part in self.parts if part.here), "")

    @cached_property
    def page(self) -> Page[Any]:
        kinds = {"changed": ImportedLine.Kind.CHANGED, "created": ImportedLine.Kind.CREATED}
        rows: Any = []
        if self.part in kinds:
            rows = self.file_import.lines.filter(kind=kinds[self.part]).defer("before")
        elif self.part:
            rows = getattr(self.file_import, self.part)
        return Paginator(rows, LINES_A_PAGE).get_page(self.number)

    @cached_property
    def columns(self) -> Sequence[MappedColumn]:
        chosen = self.file_import.chosen
        return [
            MappedColumn(place, heading, example, chosen.get(str(place)) or layout.guessed(heading))
            for place, (heading, example) in enumerate(self.file_import.headings)
            if heading
        ]

    @property
    def choices(self) -> Sequence[tuple[str, str]]:
        """Facts that a column may hold, those of older years included that this file's own headings name."""
        offered = layout.choices(timezone.localdate())
        known = {code for code, _ in offered}
        named = {column.code: column.heading for column in self.columns if column.code and column.code not in known}
        return [*offered, *named.items()]

    @property
    def may_confirm(self) -> bool:
        found = self.file_import
        return found.state == FileImport.State.READY and found.changes_something and not found.in_hand

    @property
    def good_rows(self) -> int:
        found = self.file_import
        return found.rows - len(found.rejected)

    @cached_property
    def earlier(self) -> FileImport | None:
        return filing.earlier(self.file_import) if self.file_import.is_open else None

    @cached_property
    def edited(self) -> int:
        """How many clients keep an import from being undone."""
        done = self.file_import.state == FileImport.State.DONE
        return undoing.moved_since(self.file_import).count() if done else 0

    @property
    def edited_shown(self) -> Sequence[Edited]:
        """The first of them."""
        found = self.file_import
        if not self.edited or found.done_at is None:
            return ()
        lines = undoing.moved_since(found).defer("changes", "before")[:EDITED_SHOWN]
        return undoing.described(list(lines), found.done_at)

    @property
    def failure(self) -> str:
        """Why a worker did not get to the end of what it was asked for."""
        job = self.file_import.job
        return job.error if job is not None and job.state == Job.State.FAILED else ""

    @property
    def is_silent(self) -> bool:
        """Whether it looks as if no worker were there."""
        job = self.file_import.job
        waits = job is not None and job.state == Job.State.QUEUED and timezone.now() - job.asked_at > SILENCE
        return waits and not Job.objects.filter(state=Job.State.RUNNING).exists()

    @property
    def percent(self) -> int:
        job = self.file_import.job
        return round(job.progress * 100) if job is not None else 0
