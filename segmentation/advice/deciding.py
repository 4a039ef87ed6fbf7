"""What a person does with a piece of advice: plan it, do it, refuse it, put it off, or take that back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from clients.models import Client
from segmentation.advice.advising import Playbook, for_client
from segmentation.models import Assignment, Decision, Play, Segment

Kind = Decision.Kind
LONGEST_COMMENT = 1000
# Later than this a day is a typing error, or a refusal that does not say its name.
FARTHEST = timedelta(days=2 * 366)


class CannotDecide(Exception):
    """Said to whoever decided, in their language."""


@transaction.atomic
def decide(
    client: Client,
    play: Play,
    kind: str,
    *,
    playbook: Playbook,
    by: Any,
    comment: str = "",
    until: date | None = None,
    outcome: str = "",
) -> Decision:
    """Keep the decision with the reason as it is shown now. A refusal needs a comment, a snooze a day to come.

    What is done may say its outcome. Deciding again replaces what is in force and keeps it as history; deciding the
    same twice keeps one row. `playbook` is that of the run this person sees, and needs to hold no other play. Raises
    CannotDecide.
    """
    comment = comment.strip()
    _check(kind, comment, until, outcome)
    if client.profiling_objected_at is not None:
        raise CannotDecide(_("Ce client s’oppose au profilage\u00a0: aucune action ne lui est proposée."))
    Client.objects.select_for_update().filter(pk=client.pk).first()  # two people deciding at once take turns
    before = Decision.objects.in_force(timezone.localdate()).filter(client=client, play=play).first()
    said = {"kind": kind, "outcome": outcome, "comment": comment, "until": until, "by": by}
    if before and all(getattr(before, name) == value for name, value in said.items()):
        return before  # a second click on the same button
    reason = _shown_reason(client, play, kind, playbook, before)
    Decision.objects.filter(client=client, play=play, current=True).update(current=False)
    return Decision.objects.create(
        client=client, play=play, segment=_segment(client, playbook), shown_reason=reason, **said
    )


def _segment(client: Client, playbook: Playbook) -> Segment | None:
    """Where the run at hand places the client now."""
    place = Assignment.objects.select_related("segment").filter(run=playbook.run, client=client).first()
    return place.segment if place else None


def _check(kind: str, comment: str, until: date | None, outcome: str) -> None:
    """Refuse what the decision itself gets wrong."""
    today = timezone.localdate()
    if kind not in Kind.values:
        raise CannotDecide(_("Cette décision n’existe pas\u00a0: planifier, fait, écarter, plus tard ou rouvrir."))
    if outcome and (kind != Kind.DONE or outcome not in Decision.Outcome.values):
        raise CannotDecide(
            _("Une issue se dit d’une action faite\u00a0: acceptée, à rappeler, refusée ou sans réponse.")
        )
    if len(comment) > LONGEST_COMMENT:
        raise CannotDecide(
            _("Ce commentaire est trop long\u00a0: %(longest)s caractères au plus.") % {"longest": LONGEST_COMMENT}
        )
    if kind == Kind.REFUSED and not comment:
        raise CannotDecide(_("Dites en un mot pourquoi vous écartez cette action."))
    if kind in {Kind.DONE, Kind.REOPENED} and until is not None:
        raise CannotDecide(_("Cette décision ne prend pas de date."))
    if kind == Kind.SNOOZED and until is None:
        raise CannotDecide(_("Choisissez une date à venir."))
    first = today if kind == Kind.PLANNED else today + timedelta(days=1)
    if until is not None and not first <= until <= today + FARTHEST:
        raise CannotDecide(_("Choisissez une date à venir, dans les deux ans."))


def _shown_reason(client: Client, play: Play, kind: str, playbook: Playbook, before: Decision | None) -> str:
    """The reason that this person has before their eyes: that of the decision in force, else that of the advice."""
    if kind == Kind.REOPENED and before is None:
        raise CannotDecide(_("Il n’y a rien à rouvrir\u00a0: aucune décision n’est en vigueur pour cette action."))
    if client.do_not_contact and kind != Kind.REOPENED:
        raise CannotDecide(_("Ce client a demandé à ne pas être sollicité\u00a0: aucune action ne lui est proposée."))
    if before is not None:
        return before.shown_reason
    with translation.override("fr"):  # what is kept does not depend on who decides
        for advice in for_client(playbook, client):
            if advice.play.pk == play.pk:
                return advice.reason
    raise CannotDecide(_("Cette action ne concerne plus ce client\u00a0: ses données ou son segment ont changé."))
