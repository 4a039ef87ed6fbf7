"""Which segment each cluster of a fresh run is: the one it continues, or a new one with a name, a slug and a colour.

The cluster's number ends here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.text import slugify

from segmentation.advice.equipping import equip
from segmentation.engine.document import Document
from segmentation.engine.errors import DocumentError
from segmentation.engine.lineage import Lineage, match
from segmentation.engine.quality import lineage_gates
from segmentation.engine.training import Fit
from segmentation.models import COLOURS, Assignment, Profile, Run, Segment


@dataclass(frozen=True)
class Named:
    """One cluster of a run with the identity it gets. `segment` is None when it is new to the house."""

    cluster: int
    segment: Segment | None
    slug: str
    name: str
    colour: int
    size: int


@dataclass(frozen=True)
class Plan:
    """Identities of all clusters, the whole verdict (lineage included) and the movements against the reference."""

    named: tuple[Named, ...]
    verdict: dict[str, Any]
    movements: dict[str, Any]


def reference() -> Run | None:
    """The run that a new one continues: the published one, else the latest held draft."""
    return Run.objects.current() or Run.objects.filter(state=Run.State.HELD).order_by("-pk").first()


def _draft(before: Run | None) -> Run | None:
    """The latest finished run that was never published, if it is newer than the reference."""
    waiting = Run.objects.filter(state__in=[Run.State.HELD, Run.State.TRAINED]).order_by("-pk")
    return waiting.filter(pk__gt=before.pk if before else 0).first()


def document_of(run: Run | None) -> Document | None:
    """The run's model, or None when there is none or it cannot be read: a fresh start then, not a crash."""
    if run is None or not run.document:
        return None
    try:
        return Document.from_dict(run.document)
    except DocumentError:
        return None


def plan(fit: Fit, before: Run | None) -> Plan:
    """Match the clusters of `fit` with the segments of the run `before`; write nothing."""
    old = _places(before)
    new = dict(zip(fit.index.tolist(), fit.labels.tolist(), strict=True))
    lineage = match(new, old, new_document=fit.document, old_document=document_of(before))
    verdict = fit.verdict
    # Only a published run has readers whom a move would surprise.
    if before is not None and before.state == Run.State.PUBLISHED:
        verdict = verdict.plus(lineage_gates(lineage, fit.recipe))
    return Plan(_named(fit, _continued(new, lineage, before)), asdict(verdict), _movements(new, old, lineage))


def settle(plan: Plan, fit: Fit, run: Run) -> dict[int, Segment]:
    """Write the new segments, with their default plan of actions, and every profile of `run`.

    Returns the segment of each cluster.
    """
    segments: dict[int, Segment] = {}
    appeared: set[int] = set()
    for named in plan.named:
        segment = named.segment
        if segment is None:
            segment = Segment.objects.create(slug=named.slug, name=named.name, colour=named.colour)
            appeared.add(segment.pk)
        segments[named.cluster] = segment
    suggested = {item.label: item for item in fit.names}
    profiles = [
        Profile(
            run=run,
            segment=segments[profile.label],
            cluster=profile.label,
            size=profile.size,
            data={
                **asdict(profile),
                "turnover_share": profile.turnover_share,
                "rule_says": profile.rule.says if profile.rule else "",
                "suggested_name": suggested[profile.label].name,
                "based_on": list(suggested[profile.label].based_on),
            },
        )
        for profile in fit.profiles
    ]
    Profile.objects.bulk_create(profiles)
    equip(profile for profile in profiles if profile.segment_id in appeared)
    return segments


def _places(run: Run | None) -> dict[int, str]:
    """Where each client stands in a run: pk → slug."""
    if run is None:
        return {}
    placed = Assignment.objects.filter(run=run, segment__isnull=False)
    return dict(placed.values_list("client", "segment__slug"))


def _continued(new: dict[int, int], lineage: Lineage, before: Run | None) -> dict[int, str]:
    """The slug that each cluster goes on with: from the reference, else from a draft that already found this group."""
    slugs = {cluster: slug for cluster, slug in lineage.slugs().items() if slug}
    for kin in match(new, _places(_draft(before))).clusters if len(slugs) < len(lineage.clusters) else ():
        if kin.slug and kin.verdict == "same" and kin.cluster not in slugs and kin.slug not in slugs.values():
            slugs[kin.cluster] = kin.slug
    return slugs


def _named(fit: Fit, slugs: dict[int, str]) -> tuple[Named, ...]:
    known = {segment.slug: segment for segment in Segment.objects.all()}
    kept = set(slugs.values())
    taken = set(known)
    in_use = [segment.colour for segment in known.values() if segment.slug in kept]
    sizes = Counter(fit.labels.tolist())
    suggestions = {item.label: item.name for item in fit.names}
    found = []
    for cluster in range(fit.k):
        segment = known[slugs[cluster]] if cluster in slugs else None
        if segment is not None:
            slug, name, colour = segment.slug, segment.name, segment.colour
        else:
            name = _distinct(suggestions[cluster], {known[slug].name for slug in kept})
            slug, colour = _slug(name, taken), _colour(in_use)
            taken.add(slug)
            in_use.append(colour)
        found.append(Named(cluster, segment, slug, name, colour, sizes[cluster]))
    return tuple(found)


def _distinct(name: str, used: set[str]) -> str:
    """The suggested name, told apart from a segment that lives on under the same one."""
    number, wanted = 2, name
    while wanted in used:
        wanted, number = f"{name} ({number})", number + 1
    return wanted[:120]


def _slug(name: str, taken: set[str]) -> str:
    """From the name; never one that any segment ever had."""
    base = slugify(name.replace("’", "-"))[:70] or "segment"
    number, slug = 2, base
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug


def _colour(in_use: list[int]) -> int:
    """The first colour of the palette that the fewest living segments wear."""
    counts = Counter(in_use)
    return min(range(COLOURS), key=lambda colour: (counts[colour], colour))


def _movements(new: dict[int, int], old: dict[int, str], lineage: Lineage) -> dict[str, Any]:
    """How many clients of both runs changed segment, and from where to where (None: a new segment)."""
    slugs = lineage.slugs()
    moves = Counter((old[pk], slugs[cluster]) for pk, cluster in new.items() if pk in old)
    return {
        "compared": lineage.shared,
        "moved": lineage.moved,
        "matrix": [
            {"from": source, "to": target, "clients": count}
            for (source, target), count in sorted(moves.items(), key=lambda item: -item[1])
        ],
    }
