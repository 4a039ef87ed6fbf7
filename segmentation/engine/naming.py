"""French names suggested from what a cluster looks like: its trade, its presence online, its age, its size.

A name is composed, never looked up by cluster number or rank: (young | small) + trade + presence online. Levels are
where the cluster's median stands among all clients, so that the rule reads any portfolio.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from segmentation.engine.profiles import NumberProfile, Profile
from segmentation.engine.wording import figure, percent

DOMINANT = 0.5
"""Share of one word from which it names the cluster."""
PAIR = 0.75
"""Share of the two first words together, from which both name it."""
SECOND = 0.25
YOUNG, SMALL, LARGE = 0.35, 0.42, 0.70
SILENT, QUIET, LOUD = 0.25, 0.5, 0.75

NOUNS: dict[str, tuple[str, bool]] = {
    "Restauration": ("Restaurants", False),
    "Commerce de proximité": ("Commerces de proximité", False),
    "Commerce": ("Commerces", False),
    "Services": ("Services", False),
    "Artisanat": ("Artisans", False),
    "Beauté": ("Salons et instituts", False),
    "Immobilier": ("Agences immobilières", True),
    "Hôtellerie": ("Hôtels", False),
    "Tourisme": ("Acteurs du tourisme", False),
    "Santé": ("Professionnels de santé", False),
}
"""Plural noun of a sector, and whether it is feminine. A sector that is not here is quoted as it is."""


@dataclass(frozen=True)
class NameSuggestion:
    """A suggested name and what it is based on, in French sentences with figures."""

    label: int
    name: str
    based_on: tuple[str, ...]


def suggest_names(profiles: Sequence[Profile]) -> tuple[NameSuggestion, ...]:
    """One name a profile, all distinct, in the order given."""
    names = [_name(profile) for profile in profiles]
    for tails in (_turnover_tail, _age_tail, _network_tail, _trade_tail, _figure_tail):
        repeated = {name for name, count in Counter(names).items() if count > 1}
        for at, profile in enumerate(profiles):
            if names[at] in repeated:
                names[at] = _joined(names[at], tails(profile))
    names = _told_apart(names)
    return tuple(
        NameSuggestion(profile.label, name, _reasons(profile)) for profile, name in zip(profiles, names, strict=True)
    )


def _name(profile: Profile) -> str:
    noun, feminine = _noun(profile)
    prefix = _prefix(profile, feminine=feminine)
    if prefix:
        noun = f"{prefix} {noun[0].lower()}{noun[1:]}"
    return f"{noun} {_presence(profile, feminine=feminine)}".strip()


def _noun(profile: Profile) -> tuple[str, bool]:
    """The plural noun, and whether it is feminine."""
    words = profile.words[0].shares if profile.words else ()
    if not profile.words:
        return "Clients", False
    if words and words[0].share >= DOMINANT:
        return _plural(words[0].word)
    if len(words) > 1 and words[1].share >= SECOND and words[0].share + words[1].share >= PAIR:
        (first, one), (second, two) = _plural(words[0].word), _plural(words[1].word)
        return f"{first} et {second[0].lower()}{second[1:]}", one and two
    return "Structures variées", True


def _plural(sector: str) -> tuple[str, bool]:
    return NOUNS.get(sector, (f"Clients « {sector} »", False))


def _prefix(profile: Profile, *, feminine: bool) -> str:
    age, turnover = profile.of_unit("years"), profile.of_unit("euros")
    if _rank(age) < YOUNG:
        return "Jeunes"
    if _rank(turnover) < SMALL:
        return "Petites" if feminine else "Petits"
    return ""


def _presence(profile: Profile, *, feminine: bool) -> str:
    if profile.totals is None or profile.totals.rank is None:
        return ""
    rank = profile.totals.rank
    if rank >= LOUD:
        return "à forte présence numérique"
    if rank >= QUIET:
        return "en développement" if _rank(profile.of_unit("years")) < YOUNG else "à fidéliser"
    if rank >= SILENT:
        return "peu visibles en ligne"
    return "peu engagées" if feminine else "peu engagés"


def _rank(number: NumberProfile | None) -> float:
    """Where the median stands; the middle when nothing is known."""
    return 0.5 if number is None or number.rank is None else number.rank


def _turnover_tail(profile: Profile) -> str:
    rank = _rank(profile.of_unit("euros"))
    return "gros chiffre d’affaires" if rank >= LARGE else "petit chiffre d’affaires" if rank < SMALL else ""


def _age_tail(profile: Profile) -> str:
    number = profile.of_unit("years")
    if number is None or number.median is None or number.rest_median is None:
        return ""
    if abs(number.median - number.rest_median) < 1:
        return ""
    return "clients de longue date" if number.median > number.rest_median else "clients récents"


def _network_tail(profile: Profile) -> str:
    """The network on which the cluster is present most beyond the rest."""
    leads = [
        (item.present - item.rest_present, item.label)
        for item in profile.numbers
        if item.unit == "count" and item.present is not None and item.rest_present is not None
    ]
    if not leads or max(leads)[0] < 0.1:
        return ""
    return f"présents sur {max(leads)[1].removeprefix('Abonnés ')}"


def _trade_tail(profile: Profile) -> str:
    if len(profile.words) < 2 or not profile.words[1].shares:
        return ""
    top = max(profile.words[1].shares, key=lambda item: (item.share - item.rest_share, item.word))
    return f"surtout « {top.word} »"


def _figure_tail(profile: Profile) -> str:
    number = profile.of_unit("euros") or profile.totals or next(iter(profile.numbers), None)
    return "" if number is None or number.median is None else f"médiane {figure(number.median, number.unit)}"


def _joined(name: str, tail: str) -> str:
    return f"{name}, {tail}" if tail else name


def _told_apart(names: list[str]) -> list[str]:
    """Profiles that no figure tells apart get a letter: the last resort."""
    counts = Counter(names)
    seen: Counter[str] = Counter()
    told = []
    for name in names:
        seen[name] += 1
        letter = ascii_uppercase[(seen[name] - 1) % 26]
        told.append(f"{name}, variante {letter}" if counts[name] > 1 else name)
    return told


def _reasons(profile: Profile) -> tuple[str, ...]:
    """What the name rests on, with figures against the rest."""
    reasons = []
    if profile.words and profile.words[0].shares:
        top = profile.words[0].shares[0]
        label = profile.words[0].label.lower()
        reasons.append(
            f"{label} « {top.word} » : {percent(top.share)} des clients du segment, {percent(top.rest_share)} ailleurs"
        )
    for number in (profile.totals, profile.of_unit("euros"), profile.of_unit("years")):
        if number is not None and number.median is not None:
            against = "" if number.rest_median is None else f", {figure(number.rest_median, number.unit)} ailleurs"
            reasons.append(f"{number.label} : médiane {figure(number.median, number.unit)}{against}")
    return tuple(reasons)
