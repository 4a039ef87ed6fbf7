"""The way in for the internal database: one snapshot, applied in one transaction, safe to repeat."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from clients.facts import ClientFacts, Recorded, Stamp
from clients.intake.errors import ERASED, IntakeError, refuse_beside_demo
from clients.intake.source.connecting import snapshot
from clients.intake.source.inspecting import inspect
from clients.intake.source.mapping import PRISMA, SourceMap
from clients.intake.source.reading import Rejected, Source, read_source
from clients.models import Client
from clients.recording import record, seen, withdraw
from clients.tombstones import TurnedAway, erased_among, why_gone

# A source that lost more than this share of its clients at once has an accident, not churn.
LARGEST_LOSS = 0.20


@dataclass(frozen=True)
class SyncReport:
    """What a sync did, or would do when not `committed`."""

    recorded: Recorded
    withdrawn: int
    rejected: tuple[Rejected, ...]
    committed: bool

    def to_dict(self) -> dict[str, Any]:
        return {
            "clients": {**self.recorded.clients.to_dict(), "withdrawn": self.withdrawn},
            "followers": self.recorded.followers.to_dict(),
            "turnover": self.recorded.turnover.to_dict(),
            "conflicts": [asdict(conflict) for conflict in self.recorded.conflicts],
            "rejected": [problem.to_dict() for problem in self.rejected],
            "committed": self.committed,
        }


def synchronise(
    stamp: Stamp, *, url: str = "", mapping: SourceMap = PRISMA, dry_run: bool = False, force: bool = False
) -> SyncReport:
    """Read the source and bring the book of record up to it; nothing is ever written there.

    Raises:
        IntakeError: the source is unreachable, not what the mapping says, mid-migration or shrunken (unless `force`),
            or this database holds the demonstration.
    """
    if not dry_run:
        refuse_beside_demo()
    with snapshot(url) as cursor:
        inspection = inspect(cursor, mapping)
        if inspection.problems:
            raise IntakeError(" ".join((*inspection.problems, "Rien n’a été modifié ici.")))
        source = read_source(cursor, mapping)
    facts = _living(source, mapping)
    with transaction.atomic():
        missing = _missing(source, force=force)
        recorded = record(facts, stamp)
        withdrawn = withdraw(missing, stamp)
        seen(source.present, stamp)
        if dry_run:
            transaction.set_rollback(True)
    return SyncReport(recorded, withdrawn, tuple(source.rejected), committed=not dry_run)


def _living(source: Source, mapping: SourceMap) -> list[ClientFacts]:
    """What may come in; whoever was erased here is reported by the source's own identifier. Raises IntakeError."""
    try:
        erased = erased_among(source.facts)
    except TurnedAway as refusal:
        raise IntakeError(str(refusal)) from None
    source.rejected += [
        Rejected(mapping.client.name, source.facts[at].source_id or "", "", "", ERASED.format(why_gone(erasure)))
        for at, erasure in erased.items()
    ]
    return [fact for at, fact in enumerate(source.facts) if at not in erased]


def _missing(source: Source, *, force: bool) -> list[str]:
    """Clients that the source had and has no more. Raises IntakeError when that is suspiciously many."""
    known = set(Client.objects.present().exclude(seen_in_source_at=None).values_list("source_id", flat=True))
    missing = sorted(str(source_id) for source_id in known - source.present)
    if len(missing) > LARGEST_LOSS * len(known) and not force:
        raise IntakeError(
            f"La source n’a plus {len(missing)} des {len(known)} clients connus : c’est plus de {LARGEST_LOSS:.0%}, "
            "rien n’a été modifié. Si c’est voulu, relancez avec --force."
        )
    return missing
