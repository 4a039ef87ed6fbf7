"""How sure a placement is, in words: the badge beside a segment and the sentence that explains it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dignamik.foundation import french
from segmentation.engine.explaining import FRONTIER
from segmentation.models import STANDINGS, Assignment
from segmentation.querysets import OBJECTED

Standing = Assignment.Standing

CLEAR = 0.5
"""From this margin the second centre is at least 1.7 times as far: margin = (second² - nearest²) / (sum of both)."""

EXPLAINED = {
    Standing.PROVISIONAL: gettext_lazy(
        "Il manque des données\u00a0: une fois connues, elles pourraient changer le segment."
    ),
    Standing.NOT_CLASSIFIABLE: gettext_lazy("Trop peu de données connues\u00a0: ni abonnés, ni chiffre d’affaires."),
    Standing.OUTSIDE: gettext_lazy("Loin de tous les clients qui ont servi au calcul\u00a0: à lire avec prudence."),
}
FIRM = gettext_lazy("Les données connues suffisent à décider.")
ON_FRONTIER = gettext_lazy("Deux segments lui conviennent presque aussi bien.")
HEADS_ELSEWHERE = gettext_lazy(
    "Ses données récentes le rapprochent d’un autre segment\u00a0: le prochain calcul publié devrait l’y faire passer."
)
HAS_OBJECTED = gettext_lazy(
    "Ce client s’oppose au profilage\u00a0: il n’est ni classé, ni comparé, et rien ne lui est proposé."
)
NOT_PLACED = gettext_lazy("Le dernier calcul ne connaissait pas encore ce client.")


def told(standing: str) -> str:
    """What a standing means, in one sentence."""
    return str(HAS_OBJECTED if standing == OBJECTED else EXPLAINED.get(Standing(standing), FIRM))


@dataclass(frozen=True)
class Badge:
    """A short word, and its explanation."""

    label: str
    says: str


def badge(standing: str | None, margin: float | None) -> Badge | None:
    """The quiet suffix of a segment. A firm placement shows nothing."""
    if standing is None:
        return Badge(_("pas encore placé"), str(NOT_PLACED))
    if standing == OBJECTED:
        return Badge(str(dict(STANDINGS)[OBJECTED]), told(OBJECTED))
    if margin is not None and margin < 0:
        return Badge(_("va changer"), str(HEADS_ELSEWHERE))
    if standing != Standing.FIRM:
        return Badge(str(Standing(standing).label), str(EXPLAINED[Standing(standing)]))
    return Badge(_("frontière"), str(ON_FRONTIER)) if margin is not None and margin < FRONTIER else None


def margin_in_words(assignment: Assignment) -> str:
    """How far the second segment is, compared with the first; "" when there is nothing to compare."""
    margin, second = assignment.margin, assignment.second
    if margin is None or second is None:
        return ""
    if margin >= 1:
        return _("Il est exactement au centre de son segment.")
    name = _("«\u00a0%(name)s\u00a0»") % {"name": second.name}
    if margin < 0:
        return _(
            "Ses données récentes le rapprochent de %(name)s. Son segment reste affiché jusqu’au "
            "prochain calcul publié, qui devrait l’y faire passer."
        ) % {"name": name}
    times = math.sqrt((1 + margin) / (1 - margin))
    if margin < FRONTIER:
        return _("À la frontière\u00a0: le centre de %(name)s est presque aussi proche.") % {"name": name}
    clear = _("Nettement dans ce segment") if margin >= CLEAR else _("Plutôt dans ce segment")
    return _("%(clear)s\u00a0: le centre de %(name)s est %(times)s fois plus loin.") % {
        "clear": clear,
        "name": name,
        "times": french.grouped(times, 1),
    }
