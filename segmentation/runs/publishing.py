"""Moving the pointer: publish a run, or go back to an earlier one. No refit, no second copy."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dignamik.foundation.auditing import Kind, note
from segmentation.models import Publication, Run
from segmentation.runs.refreshing import bring_up_to_date

PUBLISHES = "segmentation.publish_run"
PUBLISHABLE = frozenset({Run.State.TRAINED, Run.State.HELD, Run.State.PUBLISHED})
LONGEST_REASON = 500


class CannotPublish(Exception):
    """Said in French, to whoever asked."""


@transaction.atomic
def publish(run: Run, *, by: Any = None, reason: str = "") -> Publication:
    """Make `run` the one that people see. A held run needs a written reason, and so does going back.

    Raises CannotPublish.
    """
    run = Run.objects.select_for_update().get(pk=run.pk)
    if run.state not in PUBLISHABLE:
        raise CannotPublish(
            _("Le %(run)s est %(state)s : il ne peut pas être publié.") % {"run": run, "state": run.get_state_display()}
        )
    if Run.objects.current() == run:
        raise CannotPublish(_("Le %(run)s est déjà publié.") % {"run": run})
    if run.state != Run.State.TRAINED and not reason.strip():
        raise CannotPublish(_("Écrivez pourquoi : une raison est demandée pour publier ce calcul."))
    kind = Kind.ROLLED_BACK if run.state == Run.State.PUBLISHED else Kind.PUBLISHED
    held = run.state == Run.State.HELD
    run.state = Run.State.PUBLISHED
    run.save(update_fields=["state"])
    publication = Publication.objects.create(run=run, by=by, reason=reason.strip())
    # Its reason, in somebody's own words, stands on the publication.
    note(kind, by, about=run, publication=publication.pk, held=held, with_reason=bool(publication.reason))
    bring_up_to_date()  # whoever came or changed since the run read the book of record
    return publication


def offered(run: Run, user: Any, current: Run | None) -> dict[str, Any]:
    """What a page needs to offer this person the publication of a run; nothing where there is none to offer."""
    if run == current or run.state not in PUBLISHABLE or not user.has_perm(PUBLISHES):
        return {"may_publish": False}
    return {
        "may_publish": True,
        "goes_back": run.state == Run.State.PUBLISHED,
        "reason_is_needed": run.state != Run.State.TRAINED,
        "longest_reason": LONGEST_REASON,
    }
