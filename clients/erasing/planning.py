"""What an erasure would reach: only looked for here, so that a dry run and a page can tell it without writing."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import Model, Q
from django.utils.translation import gettext as _

from clients.erasing import merges, syncs
from clients.erasing.syncs import Spoken
from clients.imports import OPEN, FileImport
from clients.intake.errors import IntakeError
from clients.intake.files.keeping import content_of
from clients.intake.files.reading import read_content
from clients.models import Client, Contact
from clients.reach import hanging_on_clients, same_person
from clients.traces import Traces
from dignamik.foundation.models import SavedView

MESSAGES = "_messages"


@dataclass(frozen=True)
class Cleaned:
    """One import without a client. `columns`: what changes on its row; `lines`: keys of the lines that go.

    `file`: our name of a waiting file that speaks of the client, "" where none does.
    """

    file_import: FileImport
    columns: Mapping[str, Any]
    lines: Sequence[int]
    file: str

    @property
    def mentions(self) -> int:
        """Lines, taken or refused, that go."""
        refused = len(self.file_import.rejected) - len(self.columns.get("rejected", self.file_import.rejected))
        return len(self.lines) + refused


@dataclass(frozen=True)
class Plan:
    """What goes with one client and the doubles merged into it. `client`: the kept one; `rows`: what hangs on them, by
    what people call it; `elsewhere`: what other people's texts say of it, which nobody but a reader can judge, by the
    same names."""

    client: Client
    doubles: Sequence[int]
    rows: Mapping[str, int]
    imports: Sequence[Cleaned]
    syncs: Sequence[Spoken]
    logged: Sequence[int]
    views: Sequence[int]
    sessions: Sequence[str]
    elsewhere: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Counts only, and names nobody; `elsewhere` by the numbers of the clients concerned."""
        return {
            "client": self.client.pk,
            "doubles": list(self.doubles),
            "rows": dict(self.rows),
            "import_lines": sum(item.mentions for item in self.imports),
            "import_files": sum(bool(item.file) for item in self.imports),
            "sync_lines": sum(item.mentions for item in self.syncs),
            "admin_log": len(self.logged),
            "saved_views": len(self.views),
            "sessions": len(self.sessions),
            "elsewhere": {name: list(pks) for name, pks in self.elsewhere.items()},
        }


def plan(client: Client) -> Plan:
    """Look for everything. A few queries, and one reading of each file that still waits for a decision."""
    clients = same_person(client)
    pks, traces, lent = [each.pk for each in clients], Traces.of(clients), merges.lent([each.pk for each in clients])
    found = [(item, item.rows_of(pks)) for item in hanging_on_clients()]
    rows: dict[str, int] = {}
    for item, of_client in found:
        label = _("versions de l’historique") if item.is_history else item.label
        rows[label] = rows.get(label, 0) + of_client.count()
        if item.is_history:
            rows[label] += lent.versions(item).exclude(pk__in=of_client.values("pk")).count()
    keys: dict[type[Model], list[str]] = {Client: [str(pk) for pk in pks]}
    keys |= {item.model: [str(pk) for pk in of_client.values_list("pk", flat=True)] for item, of_client in found}
    return Plan(
        client=clients[0],
        doubles=pks[1:],
        rows={label: count for label, count in rows.items() if count},
        imports=[cleaned for one in FileImport.objects.order_by("pk") if (cleaned := _cleaned(one, pks, traces))],
        syncs=syncs.speaking_of(traces.source_ids, traces),
        logged=_logged(keys, traces),
        views=[view.pk for view in SavedView.objects.order_by("pk") if _is_about(view, traces)],
        sessions=[row.session_key for row in Session.objects.all() if names(row.get_decoded(), traces)],
        elsewhere=_elsewhere(pks, traces),
    )


# --- Imports ---------------------------------------------------------------------------------------------------------


def _cleaned(file_import: FileImport, pks: Collection[int], traces: Traces) -> Cleaned | None:
    """None where the import does not speak of the client."""
    columns: dict[str, Any] = {}
    kept = {
        "rejected": [row for row in file_import.rejected if not speaks(row, traces)],
        "unplaced": [row for row in file_import.unplaced if not traces.fill(row.get("client"))],
        "headings": [[name, "" if traces.are_in(example) else example] for name, example in file_import.headings],
        "notes": [note for note in file_import.notes if not traces.are_in(note)],
        "problem": "" if traces.are_in(file_import.problem) else file_import.problem,
        "file_name": "sans nom" if traces.are_in(file_import.file_name.replace(".", " ")) else file_import.file_name,
    }
    columns = {name: value for name, value in kept.items() if value != getattr(file_import, name)}
    lines = [
        line.pk
        for line in file_import.lines.filter(Q(client__in=pks) | Q(client=None)).only("client", "name", "changes")
        if line.client_id in pks or traces.are_in_any([line.name, *_changed(line.changes)])
    ]
    waiting = file_import.stored_as if file_import.state in OPEN and file_import.stored_as else ""
    file = waiting if waiting and _file_speaks(waiting, traces) else ""
    return Cleaned(file_import, columns, lines, file) if columns or lines or file else None


def speaks(row: Mapping[str, Any], traces: Traces) -> bool:
    """Whether a refused line, as an import keeps it, is about the client."""
    return traces.are_in_any(_words_of(row))


def _words_of(row: Mapping[str, Any]) -> Iterable[Any]:
    yield from row.get("cells", ())
    for problem in row.get("problems", ()):
        yield problem.get("value")
        yield problem.get("reason")


def _changed(changes: Iterable[Sequence[str]]) -> Iterable[str]:
    for _label, before, after in changes:
        yield before
        yield after


def _file_speaks(name: str, traces: Traces) -> bool:
    """Whether a file names the client; one that nobody can read is taken as if it did."""
    try:
        table = read_content(content_of(name))
    except IntakeError:
        return True
    return any(traces.are_in_any(row.cells) for row in table.rows) or traces.are_in_any(table.headings)


def names(session: Mapping[str, Any], traces: Traces) -> bool:
    """Whether what a session holds names the client; messages are JSON in it, escaped for HTML."""
    told = [json.dumps(dict(session), ensure_ascii=False)]
    with suppress(ValueError, TypeError):
        told.append(unescape(json.dumps(json.loads(session.get(MESSAGES) or "null"), ensure_ascii=False)))
    return traces.are_in_any(told)


# --- What the site itself remembers ----------------------------------------------------------------------------------


def _logged(keys: Mapping[type[Model], Sequence[str]], traces: Traces) -> list[int]:
    """Entries of the admin's log about these rows, or that name the client."""
    types = ContentType.objects.get_for_models(*keys, for_concrete_models=False)
    about = {(kind.pk, key) for model, kind in types.items() for key in keys[model]}
    entries = LogEntry.objects.values_list("pk", "content_type", "object_id", "object_repr", "change_message")
    return [
        pk
        for pk, kind, key, shown, message in entries.iterator()
        if (kind, key) in about or traces.are_in(shown) or traces.are_in(message)
    ]


def _is_about(view: SavedView, traces: Traces) -> bool:
    """A view that looks for this client, or bears its name."""
    return traces.fill(view.name) or any(traces.fill(text) for text in parse_qs(view.query).get("q", ()))


def _elsewhere(pks: Collection[int], traces: Traces) -> dict[str, list[int]]:
    """Other clients whose notes or log speak of this one."""
    others = Client.objects.exclude(pk__in=pks)
    notes = others.exclude(notes="").values_list("pk", "notes").iterator()
    texts = Contact.objects.exclude(client__in=pks).exclude(text="").values_list("client", "text").iterator()
    found = {
        "notes": sorted({pk for pk, text in notes if traces.are_in(text)}),
        "contacts": sorted({pk for pk, text in texts if traces.are_in(text)}),
    }
    return {name: pks for name, pks in found.items() if pks}
