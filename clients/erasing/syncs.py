"""What syncs of the internal database keep of one client: values that they could not take, or that contradict ours."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clients.syncs import SourceSync
from clients.traces import Traces


@dataclass(frozen=True)
class Spoken:
    """One sync that speaks of a client: the lines that do, and its columns without them."""

    sync: SourceSync
    conflicts: Sequence[Mapping[str, Any]]
    rejected: Sequence[Mapping[str, Any]]
    columns: Mapping[str, Any]

    @property
    def mentions(self) -> int:
        return len(self.conflicts) + len(self.rejected)


def speaking_of(source_ids: Collection[str], traces: Traces) -> list[Spoken]:
    """Oldest first. `source_ids`: all that the client's rows have, or had, in the internal database."""
    syncs = SourceSync.objects.exclude(conflicts=[], rejected=[], error="").order_by("pk").iterator(chunk_size=50)
    return [spoken for sync in syncs if (spoken := _of(sync, source_ids, traces)) is not None]


def _of(sync: SourceSync, source_ids: Collection[str], traces: Traces) -> Spoken | None:
    conflicts = [line for line in sync.conflicts if line.get("source_id") in source_ids or _names(line, traces)]
    rejected = [line for line in sync.rejected if line.get("id") in source_ids or _names(line, traces)]
    columns: dict[str, Any] = {}
    if conflicts:
        columns["conflicts"] = [line for line in sync.conflicts if line not in conflicts]
    if rejected:
        columns["rejected"] = [line for line in sync.rejected if line not in rejected]
    if traces.are_in(sync.error):
        columns["error"] = ""
    return Spoken(sync, conflicts, rejected, columns) if columns else None


def _names(line: Mapping[str, Any], traces: Traces) -> bool:
    """The client that a conflict is of, and whatever a value says."""
    said = (line.get(name) for name in ("client", "ours", "theirs", "value", "reason"))
    return traces.are_in_any(text for text in said if text)
