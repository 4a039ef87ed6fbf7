"""What a run's checks are made of (no pandas here: web processes read verdicts too)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Level = Literal["hold", "warn"]


@dataclass(frozen=True)
class Gate:
    """One check. `value` is None when it could not be measured; a failed "hold" holds the run, a "warn" does not."""

    name: str
    value: float | None
    threshold: float
    passed: bool
    level: Level
    says: str


@dataclass(frozen=True)
class Verdict:
    """All checks of a run. `passed` when no check of level "hold" failed."""

    passed: bool
    gates: tuple[Gate, ...]

    @classmethod
    def of(cls, gates: Sequence[Gate]) -> Verdict:
        """The verdict that these gates make."""
        return cls(all(gate.passed or gate.level == "warn" for gate in gates), tuple(gates))

    def plus(self, gates: Sequence[Gate]) -> Verdict:
        """The same with further gates (those that need the published run)."""
        return Verdict.of((*self.gates, *gates))

    @property
    def warnings(self) -> tuple[Gate, ...]:
        """Failed checks that do not hold the run."""
        return tuple(gate for gate in self.gates if not gate.passed and gate.level == "warn")
