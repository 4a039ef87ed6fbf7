"""Lines about people who were erased at their request: told, and not kept."""

from __future__ import annotations

from clients.intake.errors import ERASED, IntakeError
from clients.intake.files.rows import Rejected, Understood
from clients.tombstones import TurnedAway, erased_among, why_gone


def turn_away(understood: Understood) -> None:
    """Reject the lines about people who were erased, without their cells. Raises IntakeError."""
    try:
        erased = erased_among(understood.facts)
    except TurnedAway as refusal:
        raise IntakeError(str(refusal)) from None
    understood.erased = {understood.lines[at] for at in erased}
    understood.rejected += [
        Rejected(understood.lines[at], "", "", ERASED.format(why_gone(erasure))) for at, erasure in erased.items()
    ]
    understood.rejected.sort(key=lambda problem: problem.line)
    understood.facts = [fact for at, fact in enumerate(understood.facts) if at not in erased]
    understood.lines = [line for line in understood.lines if line not in understood.erased]
    understood.unplaced = [item for item in understood.unplaced if item.line not in understood.erased]
