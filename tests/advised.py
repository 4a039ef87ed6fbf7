"""A published run whose segments have plays, and clients put where a test needs them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from clients.models import Client
from segmentation.models import Assignment, Condition, Decision, Play, Run, Segment
from tests.published import NOW

REASON = "0 abonné connu sur Instagram."


def a_play(title: str = "Ouvrir un compte", slug: str = "segment-0", **fields: Any) -> Play:
    """One active play of the segment of that slug, for social networks, with no condition."""
    said = {"pitch": "Vos confrères y sont.", "service": "social", "goal": "growth", "priority": 2}
    return Play.objects.create(segment=Segment.objects.get(slug=slug), title=title, **(said | fields))


def only_if(play: Play, field: str, comparison: str, value: str = "", *, median: bool = False) -> Play:
    """The play with one more condition, which must be a valid one."""
    condition = Condition(play=play, field=field, comparison=comparison, value=value, median=median)
    condition.full_clean()
    condition.save()
    return play


def put(client: Client, run: Run, slug: str | None = "segment-0") -> Client:
    """Place a client in the segment of that slug (None: in none), instead of where the model would."""
    segment = Segment.objects.get(slug=slug) if slug else None
    standing = "firm" if segment else "not_classifiable"
    Assignment.objects.update_or_create(
        run=run, client=client, defaults={"segment": segment, "standing": standing, "margin": 0.5, "scored_at": NOW}
    )
    return client


def decided(client: Client, play: Play, kind: str, **fields: Any) -> Decision:
    """A decision in force, as if somebody had taken it while the client stood in the play's segment.

    `ago`: how long since.
    """
    ago = fields.pop("ago", timedelta())
    made = Decision.objects.create(
        client=client, play=play, kind=kind, **({"shown_reason": REASON, "segment": play.segment} | fields)
    )
    if ago:
        Decision.objects.filter(pk=made.pk).update(at=made.at - ago)
    return made
