"""What runs wrote in French, said again in the reader's language.

A run keeps its sentences (checks, choice, remarks, names of columns) in French: the engine knows no Django, and what is
stored must not depend on who asked. Those that follow a known pattern are found in a closed table and said anew; what
follows none stays as it was written.
"""

from __future__ import annotations

import re
from functools import cache

from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext as looked_up
from django.utils.translation import gettext_noop as _

from dignamik.foundation import french

# What the engine and the runs write. Where a part is a name, a word or an error of a library it stays as it is.
KNOWN = (
    # Columns of the recipes, and those that runs only describe.
    _("Abonnés"), _("Abonnés, tous réseaux"), _("Abonnés %(word)s"), _("Chiffre d’affaires"), _("Ancienneté"),
    _("Secteur"), _("Type d’entreprise"), _("Département"), _("Taille de la commune"),
    # Checks.
    _("Aucune structure\u00a0: tous les clients ont les mêmes valeurs."),
    _("La structure n’a pas pu être mesurée."),
    _("Silhouette %(own)s, nettement au-dessus des mêmes données mélangées (%(shuffled)s)."),
    _("Silhouette %(own)s, à peine au-dessus des mêmes données mélangées (%(shuffled)s)."),
    _("Silhouette %(own)s, pas au-dessus des mêmes données mélangées (%(shuffled)s)."),
    _("Aucune structure nette\u00a0: %(says)s"),
    _("1 segment ne se retrouve pas d’un échantillon à l’autre\u00a0: %(least)s."),
    _("%(count)s segments ne se retrouvent pas d’un échantillon à l’autre\u00a0: %(least)s."),
    _("Chaque segment se retrouve d’un échantillon à l’autre\u00a0; %(least)s."),
    _("1 segment aux contours incertains\u00a0: %(least)s."),
    _("%(count)s segments aux contours incertains\u00a0: %(least)s."),
    _("1 autre segment aux contours incertains\u00a0: %(least)s."),
    _("%(count)s autres segments aux contours incertains\u00a0: %(least)s."),
    _("Aucun segment aux contours incertains."),
    _("le moins stable est «\u00a0%(name)s\u00a0» (indice de Jaccard %(jaccard)s, rééchantillonnage)"),
    _("Le plus petit segment compte %(smallest)s clients (minimum %(bound)s)."),
    _("Les segments disent autre chose que la colonne «\u00a0%(column)s\u00a0» (V de Cramér corrigé %(v)s)."),
    _("Les segments répètent presque la colonne «\u00a0%(column)s\u00a0» (V de Cramér corrigé %(v)s)."),
    _("Les segments ne sont plus ceux qui sont publiés\u00a0: %(changes)s."),
    _("%(count)s issu d’une scission"), _("%(count)s issus d’une scission"),
    _("%(count)s issu d’une fusion"), _("%(count)s issus d’une fusion"),
    _("%(count)s nouveau"), _("%(count)s nouveaux"), _("%(count)s disparu"), _("%(count)s disparus"),
    _("Chaque segment continue un segment publié."),
    _("%(moved)s clients sur %(shared)s changent de segment (%(share)s, maximum %(most)s)."),
    # The choice of the number of segments.
    _(
        "Un nombre de segments est recevable si sa silhouette et son inertie font mieux que les mêmes données "
        "mélangées (d’au moins %(gap)s), si chaque segment se retrouve par rééchantillonnage (Jaccard d’au moins "
        "%(jaccard)s) et si le plus petit compte au moins %(smallest)s clients. Parmi les recevables, on retient le "
        "plus grand dont le dernier segment apporte encore au moins %(gain)s de la structure (le coude), comme en "
        "moyenne tout segment ajouté à un nombre recevable plus petit, sans que la silhouette moyenne par segment "
        "descende sous %(kept)s de la meilleure."
    ),
    _("Aucun nombre de segments ne se distingue des mêmes données mélangées\u00a0: aucune structure trouvée."),
    _(
        "%(k)s segments\u00a0: silhouette %(own)s contre %(shuffled)s sur données mélangées, stabilité %(stability)s, "
        "plus petit segment %(smallest)s clients."
    ),
    _("La silhouette seule choisirait %(k)s\u00a0; aucun coude net."),
    _("La silhouette seule choisirait %(k)s\u00a0; coude à %(elbow)s."),
    _("Le nombre publié est conservé, car les données ne tranchent pas."),
    _("Les segments se recouvrent\u00a0: %(says)s"),
    _("%(share)s des clients sont entre deux segments."),
    _("Les données ne tranchent pas\u00a0: %(says)s"),
    _("%(rivals)s se défendrait aussi."), _("%(k)s ou %(rivals)s"),
    _("Second choix\u00a0: %(k)s."),
    _("Nombre de segments imposé\u00a0: %(k)s."),
    _("Les données n’en permettent que %(k)s."),
    _("La règle ne trouve aucune structure."),
    _("La règle donne le même nombre."),
    _("La règle donnerait %(k)s."),
    _("inconnue"),
    # Remarks.
    _("%(column)s\u00a0: %(count)s valeur(s) illisible(s) ou démesurée(s), prises comme inconnues."),
    _("%(column)s\u00a0: aucune valeur connue, colonne écartée."),
    _("%(column)s\u00a0: valeur identique pour (presque) tous, colonne écartée."),
    _("%(count)s clients différents seulement\u00a0: %(k)s segments au lieu de %(asked)s."),
    _("Tous les clients ont les mêmes valeurs\u00a0: il n’y a qu’un groupe."),
    _("Le fichier pour notebook n’a pas pu être écrit\u00a0: %(error)s."),
    # Failures, and the steps of a run that goes.
    _("Rien à entraîner\u00a0: aucune des colonnes de la recette n’a de valeur connue."),
    _("Rien à entraîner\u00a0: %(count)s client avec des données, il en faut au moins %(needed)s."),
    _("Rien à entraîner\u00a0: %(count)s clients avec des données, il en faut au moins %(needed)s."),
    _("Le calcul a été interrompu par une erreur."),
    _("Le calcul a été interrompu avant la fin."),
    _("Un autre calcul était en cours : redemandez-le quand il sera fini."),
    _("Lecture des données"), _("Comparaison avec des données mélangées"), _("Essai de %(k)s segments"),
    _("Choix du nombre de segments"), _("Profils et contrôles"), _("Enregistrement des placements"), _("Terminé"),
    # Sizes of towns.
    _("moins de %(most)s habitants"), _("%(fewest)s à %(most)s habitants"), _("%(fewest)s habitants et plus"),
    # What a name rests on, and the rule of a segment.
    _("%(column)s «\u00a0%(word)s\u00a0»\u00a0: %(own)s des clients du segment, %(rest)s ailleurs"),
    _("%(column)s\u00a0: médiane %(own)s"), _("%(column)s\u00a0: médiane %(own)s, %(rest)s ailleurs"),
    _("%(column)s autre que «\u00a0%(word)s\u00a0»"), _("%(column)s «\u00a0%(word)s\u00a0»"),
    _("%(column)s\u00a0: au moins un"), _("%(column)s\u00a0: aucun"),
    _("%(column)s\u00a0: au moins %(figure)s"), _("%(column)s\u00a0: moins de %(figure)s"),
    _(
        "Cela décrit %(coverage)s du segment, et %(precision)s des clients ainsi décrits en font partie (accord avec "
        "le modèle\u00a0: %(fidelity)s des clients)."
    ),
    # Reasons that the house gave itself.
    _("Recette d’origine de Dignamik."), _("Version %(number)s remise."),
)  # fmt: skip
AS_WRITTEN = {"name", "word", "error"}
# What stands in each place. Nothing of a sentence runs on into the next; a place of no name here is a figure.
WORDS = r"(?:(?!\. [^a-z]).)+?"
PLACES = {
    "name": ".+?", "word": "[^«»]+?", "error": ".+?", "column": "[^«»:;]+?",
    "says": WORDS, "least": WORDS, "changes": WORDS, "rivals": WORDS,
}  # fmt: skip
A_FIGURE = r"[-−]?\d[^ ]*?|inconnue"

_PLACE = re.compile(r"%\((\w+)\)s")
_SENTENCES = re.compile(r"(?<=\.) (?=[^a-z])")
_FIGURE = re.compile(
    r"(?P<figure>[-−]?\d{1,3}(?:[\u202f\u00a0]?\d{3})*(?:,(?P<places>\d+))?)(?P<unit>[\u00a0 ](?:%|€|ans))?"
)


def speaks_french() -> bool:
    """Whether what runs wrote can be said as it stands."""
    return (get_language() or "fr").startswith("fr")


def retold(text: str) -> str:
    """A sentence, some of them or a column's name as a run wrote it, in the language at hand."""
    if not text or speaks_french():
        return text
    return _known(text) or _one_by_one(text) or text


retold_lazy = lazy(retold, str)


def _known(text: str) -> str | None:
    for pattern, sentence in _patterns():
        if found := pattern.fullmatch(text):
            said = looked_up(sentence) % {name: _part(name, part) for name, part in found.groupdict().items()}
            # The engine puts sentences into others, without their capital.
            inside = sentence[0].isupper() and text[0].islower() and not looked_up(sentence).startswith("%")
            return said[0].lower() + said[1:] if inside else said
    return None


def _one_by_one(text: str) -> str | None:
    """Sentences side by side, or the conditions of a rule."""
    sentences = _SENTENCES.split(text)
    if len(sentences) > 1:
        return " ".join(map(retold, sentences))
    end = "." if text.endswith(".") else ""
    for mark, joined in (("\u00a0; ", "; "), (", ", ", ")):
        if parts := _listed(text.removesuffix(".").split(mark), mark):
            return joined.join(parts) + end
    return None


def _listed(parts: list[str], mark: str) -> list[str] | None:
    """Each part said again; a column's name may hold the mark itself. None unless all of them are known."""
    for size in range(len(parts), 0, -1):
        said = _known(mark.join(parts[:size]))
        rest = _listed(parts[size:], mark) if said and parts[size:] else []
        if said and rest is not None:
            return [said, *rest]
    return None


def _part(name: str, text: str) -> str:
    if name in AS_WRITTEN:
        return text
    return _figure(text) or retold(text)


def _figure(text: str) -> str | None:
    """A number of the engine's, as pages write it."""
    found = _FIGURE.fullmatch(text)
    if found is None:
        return None
    number = float(re.sub(r"[\u202f\u00a0]", "", found["figure"]).replace(",", ".").replace("−", "-"))
    match (found["unit"] or "").strip():
        case "%":
            return french.percent(number / 100)
        case "€":
            return french.euros(number)
        case "ans":
            return french.in_unit(number, "years")
    return french.grouped(number, len(found["places"] or ""))


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """What says most first, so that a sentence is never taken for the part of another."""
    found = sorted(KNOWN, key=lambda sentence: -len(_PLACE.sub("", sentence)))
    return [(re.compile(_pattern(sentence), re.IGNORECASE), sentence) for sentence in found]


def _pattern(sentence: str) -> str:
    literals = _PLACE.split(sentence)
    return "".join(
        f"(?P<{part}>{PLACES.get(part, A_FIGURE)})" if at % 2 else re.escape(part) for at, part in enumerate(literals)
    )
