"""The way in for the internal database: one snapshot, applied in one transaction, safe to repeat."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from clients.facts import ClientFacts, Recorded, Stamp
from clients.intake.errors import ERASED, IntakeError, refuse_beside_demo
from clients.intake.source.connecting import snapshot
from clients.intake.source.inspecting import inspect_structure
from clients.intake.source.mapping import PRISMA, SourceMap
from clients.intake.source.reading import Rejected, Source, read_source
from clients.models import Client
from clients.recording import record, seen, withdraw
from clients.tombstones import TurnedAway, erased_among, why_gone
from dignamik.foundation.auditing import Kind, note
from dignamik.foundation.french import grouped, percent

# A source that lost more than this share of its clients at once has an accident, not churn.
LARGEST_LOSS = 0.20


class Shrunken(IntakeError):
    """The source lost so many clients at once that somebody has to say that it is meant."""


@dataclass(frozen=True)
class SyncReport:
    """What a sync did, or would do when not `committed`."""

    recorded: Recorded
    withdrawn: int
    rejected: tuple[Rejected, ...]
    committed: bool
    erased: Collection[str] = ()
    """Identifiers of rejected rows, of those who were erased here."""

    def to_dict(self) -> dict[str, Any]:
        return {
            "clients": {**self.recorded.clients.to_dict(), "withdrawn": self.withdrawn},
            "followers": self.recorded.followers.to_dict(),
            "turnover": self.recorded.turnover.to_dict(),
            "conflicts": [conflict.to_dict() for conflict in self.recorded.conflicts],
            "rejected": [problem.to_dict() for problem in self.rejected],
            "committed": self.committed,
        }


def synchronise(
    stamp: Stamp,
    *,
    url: str = "",
    mapping: SourceMap = PRISMA,
    dry_run: bool = False,
    force: bool = False,
    written: Callable[[SyncReport], None] | None = None,
) -> SyncReport:
    """Read the source and bring the book of record up to it; nothing is ever written there.

    `written` is told what was written, in the same transaction; not in a dry run.

    Raises:
        Shrunken: more than a fifth of its clients are gone, and not `force`.
        IntakeError: the source is unreachable, not what the mapping says or mid-migration, or this database holds the
            demonstration.
    """
    if not dry_run:
        refuse_beside_demo()
    with snapshot(url) as cursor:
        inspection = inspect_structure(cursor, mapping)
        if inspection.problems:
            raise IntakeError(" ".join((*inspection.problems, "Rien n’a été modifié ici.")))
        source = read_source(cursor, mapping)
    facts = _living(source, mapping)
    with transaction.atomic():
        missing = _missing(source, force=force)
        recorded = record(facts, stamp)
        withdrawn = withdraw(missing, stamp)
        seen(source.present, stamp)
        report = SyncReport(recorded, withdrawn, tuple(source.rejected), committed=not dry_run, erased=source.erased)
        if dry_run:
            transaction.set_rollback(True)
        else:
            told: dict[str, Any] = {**recorded.clients.to_dict(), "withdrawn": withdrawn, "forced": force}
            note(Kind.SYNC, stamp.user, count=len(recorded.touched), moment=stamp.at.isoformat(), **told)
            if written is not None:
                written(report)
    return report


def _living(source: Source, mapping: SourceMap) -> list[ClientFacts]:
    """What may come in; whoever was erased here is reported by the source's own identifier. Raises IntakeError."""
    try:
        erased = erased_among(source.facts)
    except TurnedAway as refusal:
        raise IntakeError(str(refusal)) from None
    gone = {source.facts[at].source_id or "": erasure for at, erasure in erased.items()}
    source.rejected = [problem for problem in source.rejected if problem.id not in gone]
    source.rejected += [
        Rejected(mapping.client.name, identifier, "", "", ERASED.format(why_gone(erasure)))
        for identifier, erasure in gone.items()
    ]
    source.erased = set(gone)
    return [fact for at, fact in enumerate(source.facts) if at not in erased]


def _missing(source: Source, *, force: bool) -> list[str]:
    """Clients that the source had and has no more. Raises Shrunken when that is suspiciously many."""
    known = set(Client.objects.present().exclude(seen_in_source_at=None).values_list("source_id", flat=True))
    missing = sorted(str(source_id) for source_id in known - source.present - _spoken_for(source))
    if len(missing) > LARGEST_LOSS * len(known) and not force:
        raise Shrunken(
            f"La source n’a plus {grouped(len(missing))} des {grouped(len(known))} clients connus : c’est plus de "
            f"{percent(LARGEST_LOSS)}, "
            "rien n’a été modifié. Si c’est voulu, relancez avec --force, ou acceptez ces retraits sur la page "
            "« Base interne »."
        )
    return missing


def _spoken_for(source: Source) -> set[str | None]:
    """Clients whose merged double the source still has: it may have dropped the row that was kept here."""
    doubles = Client.objects.exclude(merged_into=None).exclude(source_id=None)
    rows = doubles.values_list("merged_into__source_id", "source_id")
    return {kept for kept, double in rows if double in source.present}
