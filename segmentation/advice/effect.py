"""Whom a play would concern now and what they would read, be it saved or still being written. Nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from clients.models import Client
from clients.querysets import ClientQuerySet
from segmentation.advice.advising import Playbook, counts, key, preview
from segmentation.models import Condition, Play, Run

NO_RUN = _("Aucun calcul n’est publié, ou son segment n’y est plus\u00a0: elle ne concerne personne.")


@dataclass(frozen=True)
class Effect:
    """How many clients a play would concern, and the sentence that each of the first would get.

    `problem` says why that cannot be known; then `clients` is None. `before` is the number as the play is saved.
    """

    clients: int | None
    sentences: Sequence[tuple[Client, str]] = ()
    problem: str = ""
    before: int | None = None


def effect(
    run: Run | None, play: Play, conditions: Sequence[Condition], clients: ClientQuerySet, *, quoted: bool = True
) -> Effect:
    """Of the play as it stands in memory with these conditions, over these clients, as if it were active.

    By the same query as saved plays; at most five queries, whatever the number of clients.
    """
    playbook = Playbook.of_draft(run, play, conditions, quoted=quoted)
    if not playbook.plays:
        return Effect(None, problem=str(NO_RUN))
    found = preview(playbook, play, clients)
    names = Client.objects.in_bulk([item.client for item in found])
    sentences = [(names[item.client], item.reason) for item in found if item.client in names]
    return Effect(counts(playbook, clients)[key(play)], sentences)


def saved_count(run: Run | None, play: Play, clients: ClientQuerySet) -> int | None:
    """How many of these clients the play concerns as it is saved; None when it is not proposed."""
    playbook = Playbook.of(run, plays=Play.objects.filter(pk=play.pk))
    return counts(playbook, clients).get(key(play))
