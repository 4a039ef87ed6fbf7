"""Place one business or many clients with a stored model: numpy only, because web processes come here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from segmentation.engine.completing import settling
from segmentation.engine.document import Document
from segmentation.engine.scoring import NOT_CLASSIFIABLE, Scores, score
from segmentation.models import Run, Segment
from segmentation.runs import frames


@dataclass(frozen=True)
class Placement:
    """Where a run places one business. `segment` is None when it is not classifiable; distances in scaled space.

    `settling`: the unknown columns that would each, alone, make it firm.
    """

    segment: Segment | None
    second: Segment | None
    standing: str
    margin: float | None
    distance: float | None
    second_distance: float | None
    possible: tuple[Segment, ...]
    unknown: tuple[str, ...]
    x: float | None
    y: float | None
    settling: tuple[str, ...] = ()


def segments_by_cluster(run: Run) -> dict[int, Segment]:
    """The segment behind each cluster of the run's document."""
    return {profile.cluster: profile.segment for profile in run.profiles.select_related("segment")}


def place(business: Mapping[str, Any], run: Run) -> Placement:
    """Score one business: `category`, `sector`, `turnover`, `client_since`, `followers` (platform → count).

    Raises DocumentError when the run's document cannot be read.
    """
    columns = frames.of_one(business, run.as_of)
    return placed(columns, Document.from_dict(run.document or {}), segments_by_cluster(run))[0]


def placed(
    columns: Mapping[str, Sequence[Any]],
    document: Document,
    segments: Mapping[int, Segment],
    shown: Sequence[int | None] | None = None,
) -> list[Placement]:
    """Place each client of `columns`; `shown` are the labels that they keep, as for `scoring.score`."""
    scores = score(columns, document, shown)
    found = zip(placements(scores, segments), settling(columns, document, scores), strict=True)
    return [replace(place, settling=names) for place, names in found]


def placements(scores: Scores, segments: Mapping[int, Segment]) -> list[Placement]:
    """The engine's answer in the words of the product: segments instead of cluster numbers."""
    found = []
    for at in range(len(scores)):
        if scores.standing[at] == NOT_CLASSIFIABLE:
            unknown = tuple(scores.imputed[at])
            found.append(Placement(None, None, NOT_CLASSIFIABLE, None, None, None, (), unknown, None, None))
            continue
        alone = len(segments) < 2
        found.append(
            Placement(
                segment=segments[int(scores.labels[at])],
                second=None if alone else segments[int(scores.second[at])],
                standing=str(scores.standing[at]),
                margin=float(scores.margin[at]),
                distance=float(scores.distances[at]),
                second_distance=None if alone else float(scores.second_distances[at]),
                possible=tuple(segments[label] for label in scores.possible[at]),
                unknown=tuple(scores.imputed[at]),
                x=float(scores.x[at]),
                y=float(scores.y[at]),
            )
        )
    return found
