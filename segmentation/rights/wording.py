"""What an erasure takes, in words: for the command, and for whoever is about to type a name."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from segmentation.rights.erasing import Reach


def sentences(found: Reach) -> Sequence[str]:
    """One line for each kind of thing that goes, with how many."""
    plan = found.plan
    counts = {
        _("fiches réunies à celle-ci"): len(plan.doubles),
        **plan.rows,
        _("lignes de fichiers importés"): sum(item.mentions for item in plan.imports),
        _("lignes de synchronisations"): sum(item.mentions for item in plan.syncs),
        _("fichiers en attente"): sum(bool(item.file) for item in plan.imports),
        _("lignes du journal de l’administration, rendues anonymes"): len(plan.logged),
        _("vues enregistrées à ce nom"): len(plan.views),
        _("messages ou sessions qui le nomment"): len(plan.sessions),
        _("fichiers de calcul pour notebook"): len(found.models),
    }
    return [f"{label}\u00a0: {count}" for label, count in counts.items() if count]


def elsewhere(found: Reach) -> Sequence[str]:
    """What other clients' notes and logs say of it: to be read and mended by a person."""
    pks = sorted({pk for about in found.plan.elsewhere.values() for pk in about})
    if not pks:
        return []
    said = _("Son nom figure dans les notes ou le journal d’autres clients, à relire à la main\u00a0: n° %(clients)s.")
    return [said % {"clients": ", ".join(map(str, pks))}]
