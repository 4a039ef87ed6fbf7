"""The fitted model as a document: a few kilobytes of JSON that numpy alone can score with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from segmentation.engine.cleaning import Floats, restored, transformed
from segmentation.engine.errors import DocumentError

DOCUMENT_FORMAT = 1

Row = tuple[float, ...]


@dataclass(frozen=True)
class NumericFeature:
    """One scaled column. scaled = (clip(transform(value or fill), low, high) - mean) / scale.

    `fill`, `low`, `high`, `mean` are in transformed space; `scale` holds the spread and the block's weight;
    `least` and `most` are the extremes met in training, in the client's own unit.
    """

    name: str
    block: str
    label: str
    unit: str
    transform: str
    fill: float
    low: float
    high: float
    mean: float
    scale: float
    least: float
    most: float
    unknown: int

    def reach(self, slack: float) -> tuple[float, float]:
        """The extremes of training in the client's unit, widened by `slack` of their transformed range."""
        ends = transformed(np.array([self.least, self.most]), self.transform)
        room = slack * float(ends[1] - ends[0])
        low, high = restored(ends + np.array([-room, room]), self.transform)
        return float(low), float(high)


@dataclass(frozen=True)
class CategoricalFeature:
    """One word as 0/1 columns times `weight`: `vocabulary`, then "autre" when `rare`.

    A word outside the vocabulary goes to "autre" when there is one, else to no column at all.
    """

    name: str
    block: str
    label: str
    fill: str
    vocabulary: tuple[str, ...]
    rare: bool
    weight: float
    unknown: int

    @property
    def width(self) -> int:
        """How many scaled columns it takes."""
        return len(self.vocabulary) + int(self.rare)


@dataclass(frozen=True)
class Group:
    """What training saw of one cluster: members, and quantiles of their distance to the centre (50, 95, 99, 100 %)."""

    size: int
    distances: tuple[float, float, float, float]


@dataclass(frozen=True)
class Document:
    """One fitted model. Scaled columns come in the order of `numeric`, then of `categorical`.

    `centres` is k x d, `components` 2 x d and `origin` d, all in scaled space; `explained` are the shares of
    variance of the two components. `stable` names the clusters once the caller has matched them to segments.
    """

    numeric: tuple[NumericFeature, ...]
    categorical: tuple[CategoricalFeature, ...]
    needs_any: tuple[str, ...]
    largest: float
    centres: tuple[Row, ...]
    components: tuple[Row, Row]
    origin: Row
    explained: tuple[float, float]
    groups: tuple[Group, ...]
    rows: int
    inertia: float
    recipe: dict[str, Any]
    seed: int
    threads: int
    versions: dict[str, str]
    dropped: tuple[str, ...] = ()
    stable: tuple[str, ...] = ()

    @property
    def k(self) -> int:
        """The number of clusters."""
        return len(self.centres)

    @property
    def width(self) -> int:
        """The number of scaled columns."""
        return len(self.numeric) + sum(feature.width for feature in self.categorical)

    def centre_matrix(self) -> Floats:
        """Centres as an array (k x d)."""
        return np.array(self.centres, dtype=np.float64).reshape(self.k, self.width)

    def spans(self) -> tuple[tuple[str, slice], ...]:
        """Each source column with the scaled columns it fills: one-hot columns count as one."""
        spans = [(feature.name, slice(at, at + 1)) for at, feature in enumerate(self.numeric)]
        start = len(self.numeric)
        for feature in self.categorical:
            spans.append((feature.name, slice(start, start + feature.width)))
            start += feature.width
        return tuple(spans)

    def to_dict(self) -> dict[str, Any]:
        """JSON-safe."""
        return {"format_version": DOCUMENT_FORMAT, **asdict(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Document:
        """Read a stored document. Raises DocumentError when its version is unknown or anything does not add up."""
        if not isinstance(data, Mapping):
            raise DocumentError("Le modèle enregistré n’est pas lisible : un objet JSON est attendu.")
        version = data.get("format_version")
        if version != DOCUMENT_FORMAT:
            raise DocumentError(f"Version de modèle inconnue : {version!r} (attendue : {DOCUMENT_FORMAT}).")
        names = {item.name for item in fields(cls)}
        try:
            parts = {name: _frozen(value) for name, value in data.items() if name in names}
            parts["numeric"] = tuple(NumericFeature(**item) for item in data["numeric"])
            parts["categorical"] = tuple(
                CategoricalFeature(**{**item, "vocabulary": tuple(item["vocabulary"])}) for item in data["categorical"]
            )
            parts["groups"] = tuple(Group(item["size"], tuple(item["distances"])) for item in data["groups"])
            document = cls(**parts)
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise DocumentError(f"Le modèle enregistré est incomplet : {error}.") from error
        document._check()
        return document

    def _check(self) -> None:
        rows = (*self.centres, *self.components, self.origin)
        if not self.centres or len(self.groups) != self.k or len(self.components) != 2:
            raise DocumentError("Le modèle enregistré est incomplet : centres, groupes et axes ne s’accordent pas.")
        if any(len(row) != self.width for row in rows):
            raise DocumentError("Le modèle enregistré est abîmé : un centre n’a pas le bon nombre de valeurs.")
        numbers = [value for row in rows for value in row]
        numbers += [value for item in self.numeric for value in (item.fill, item.low, item.high, item.mean, item.scale)]
        if not all(isinstance(value, int | float) and math.isfinite(value) for value in numbers):
            raise DocumentError("Le modèle enregistré est abîmé : une valeur n’est pas un nombre.")
        if any(item.scale <= 0 for item in self.numeric):
            raise DocumentError("Le modèle enregistré est abîmé : une échelle n’est pas positive.")


def _frozen(value: Any) -> Any:
    """Lists from JSON become tuples, all the way down; mappings stay as they are."""
    return tuple(_frozen(item) for item in value) if isinstance(value, list | tuple) else value
