"""What a short rule is made of (no scikit-learn here: web processes say the rules that runs wrote)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from segmentation.engine.wording import figure, percent


@dataclass(frozen=True)
class Condition:
    """One bound of a rule. `operator` is ">=", "<", "is" or "is not"; `value` is in the column's unit, or a word."""

    column: str
    label: str
    unit: str
    operator: str
    value: float | str

    @property
    def says(self) -> str:
        """In French."""
        if isinstance(self.value, str):
            return f"{self.label} {'autre que ' if self.operator == 'is not' else ''}«\u00a0{self.value}\u00a0»"
        if self.unit == "count" and self.value <= 1:
            return f"{self.label}\u00a0: {'au moins un' if self.operator == '>=' else 'aucun'}"
        bound = "au moins" if self.operator == ">=" else "moins de"
        return f"{self.label}\u00a0: {bound} {figure(self.value, self.unit)}"


@dataclass(frozen=True)
class ClusterRule:
    """All `conditions` together describe the cluster.

    `coverage`: share of the members who meet them. `precision`: share of those who meet them who are members.
    `fidelity`: share of all clients on whom the rule and the model agree (member or not). `met` counts who meets them.
    """

    conditions: tuple[Condition, ...]
    coverage: float
    precision: float
    fidelity: float
    met: int

    @property
    def describes(self) -> str:
        """The conditions alone, as one French sentence."""
        first, *others = (item.says for item in self.conditions)
        return "\u00a0; ".join([first, *(f"{text[0].lower()}{text[1:]}" for text in others)]) + "."

    @property
    def says(self) -> str:
        """The rule and its figures, in French."""
        return (
            f"{', '.join(item.says for item in self.conditions)}. Cela décrit {percent(self.coverage)} du segment, et "
            f"{percent(self.precision)} des clients ainsi décrits en font partie (accord avec le modèle\u00a0: "
            f"{percent(self.fidelity)} des clients)."
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ClusterRule:
        """The rule that `asdict` wrote. Raises TypeError or KeyError when it is not one."""
        return cls(**{**data, "conditions": tuple(Condition(**condition) for condition in data["conditions"])})
