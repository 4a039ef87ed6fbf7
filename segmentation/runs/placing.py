"""Place one business or one client with the published model: numpy only, because web processes come here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from clients.models import Client
from segmentation.engine.document import Document
from segmentation.engine.scoring import NOT_CLASSIFIABLE, Scores, score
from segmentation.models import Assignment, Run, Segment
from segmentation.runs import frames


@dataclass(frozen=True)
class Placement:
    """Where a run places one business. `segment` is None when it is not classifiable; distances in scaled space."""

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


def segments_by_cluster(run: Run) -> dict[int, Segment]:
    """The segment behind each cluster of the run's document."""
    return {profile.cluster: profile.segment for profile in run.profiles.select_related("segment")}


def place(business: Mapping[str, Any], run: Run) -> Placement:
    """Score one business: `category`, `sector`, `turnover`, `client_since`, `followers` (platform → count).

    Raises DocumentError when the run's document cannot be read.
    """
    columns = frames.of_one(business, run.as_of)
    return placements(score(columns, Document.from_dict(run.document or {})), segments_by_cluster(run))[0]


def place_client(client: Client, run: Run) -> Assignment:
    """Place a client that entered the book after the run, at once; one that the run has placed stays where it is.

    Seen as of today: nothing was known of it on the day of the run. Raises DocumentError.
    """
    frame = frames.read(Client.objects.filter(pk=client.pk), max(run.as_of, timezone.localdate()))
    document = Document.from_dict(run.document or {})
    found = placements(score(frame.columns, document), segments_by_cluster(run))[0]
    assignment, _ = Assignment.objects.get_or_create(
        run=run,
        client=client,
        defaults={
            "segment": found.segment, "second": found.second, "standing": found.standing, "fitted": False,
            "x": found.x, "y": found.y, "distance": found.distance, "second_distance": found.second_distance,
            "margin": found.margin, "possible": [segment.slug for segment in found.possible],
            "unknown": list(found.unknown), "values": frame.values(0), "scored_at": timezone.now(),
        },
    )  # fmt: skip
    return assignment


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
