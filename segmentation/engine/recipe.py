"""Every knob of a run, frozen, checked and kept as JSON beside the run it made."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

from segmentation.engine.bounds import GATES, MOST_WEIGHT, RULE, beyond
from segmentation.engine.errors import RecipeError

RECIPE_FORMAT = 1
FEWEST_SEGMENTS, MOST_SEGMENTS = 2, 30

Transform = Literal["signed_log", "identity"]
NumericFill = Literal["median", "mean"]
Scale = Literal["column", "pooled"]
Unit = Literal["count", "euros", "years", "number"]


@dataclass(frozen=True)
class NumericColumn:
    """One number a client. `share` is its part of the block's weight, `label` what people read."""

    name: str
    block: str
    transform: Transform = "signed_log"
    imputation: NumericFill = "median"
    share: float = 1.0
    label: str = ""
    unit: Unit = "number"


@dataclass(frozen=True)
class CategoricalColumn:
    """One word a client. Values met fewer than `Recipe.rare_below` times are grouped as "autre"."""

    name: str
    block: str
    share: float = 1.0
    label: str = ""


@dataclass(frozen=True)
class Block:
    """Columns that speak of one thing and share one weight, however many they are.

    `weight` 1 is the say of one standardised column in the squared distance. `scale` "pooled" divides the block's
    columns by one common spread: right for columns of one unit, where an almost constant column (five clients on
    YouTube) must not be blown up to weigh as much as the others.
    """

    name: str
    weight: float = 1.0
    scale: Scale = "column"


@dataclass(frozen=True)
class Gates:
    """Bounds of the verdict. Jaccard bounds: Hennig, "Cluster-wise assessment of cluster stability" (2007)."""

    jaccard_hold: float = 0.60
    jaccard_warn: float = 0.75
    smallest_count: int = 5
    smallest_share: float = 0.01
    above_null: float = 0.02
    moved_share: float = 0.10
    redundancy: float = 0.90

    def smallest(self, rows: int) -> int:
        """The fewest members a segment may have in a run of `rows` clients."""
        return max(self.smallest_count, math.ceil(rows * self.smallest_share))


@dataclass(frozen=True)
class Rule:
    """Bounds of the choice of k (see `selection`), the same on every kind of table.

    `gain`: share of the structure that the last group must bring. `silhouette_kept`: share of the best silhouette
    that must remain. Both were set on planted portfolios of 2 to 6 groups, where the choice is flat around them.
    """

    gain: float = 0.10
    silhouette_kept: float = 0.80


@dataclass(frozen=True)
class Effort:
    """How hard a run looks. The row bounds keep a run of a million rows within seconds.

    `bootstraps` are the most draws a number of segments gets; one whose answer is clear stops from `bootstraps_least`.
    """

    starts: int = 50
    starts_above_many: int = 10
    many_rows: int = 5_000
    sample_rows: int = 20_000
    silhouette_rows: int = 5_000
    bootstraps: int = 40
    bootstraps_least: int = 10
    bootstrap_rows: int = 1_500
    null_draws: int = 8
    evidence_starts: int = 3


@dataclass(frozen=True)
class Recipe:
    """What to look at, with which weight, how many groups to try, and what a run must show to be published.

    `needs_any`: a client with none of these columns known is not classifiable.
    `winsor`: share of each tail of a transformed column that is pulled in to the quantile.
    `largest`: a number beyond it in size is a typing error and is taken as unknown.
    """

    numeric: tuple[NumericColumn, ...]
    categorical: tuple[CategoricalColumn, ...] = ()
    blocks: tuple[Block, ...] = ()
    needs_any: tuple[str, ...] = ()
    k_min: int = 2
    k_max: int = 10
    clusters: int | None = None
    seed: int = 1
    rare_below: int = 5
    winsor: float = 0.01
    largest: float = 1e11
    gates: Gates = field(default_factory=Gates)
    rule: Rule = field(default_factory=Rule)
    effort: Effort = field(default_factory=Effort)

    def __post_init__(self) -> None:
        check(self)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the frame's columns that the recipe reads."""
        return (*(column.name for column in self.numeric), *(column.name for column in self.categorical))

    def block(self, name: str) -> Block:
        """The block of that name."""
        return next(block for block in self.blocks if block.name == name)

    def with_clusters(self, clusters: int | None) -> Recipe:
        """The same recipe with the number of groups fixed, or free again (None)."""
        return replace(self, clusters=clusters)

    def with_seed(self, seed: int) -> Recipe:
        """The same recipe with another seed."""
        return replace(self, seed=seed)

    def to_dict(self) -> dict[str, Any]:
        """As JSON gives it back: lists, no tuples."""
        plain: dict[str, Any] = json.loads(json.dumps({"format": RECIPE_FORMAT, **asdict(self)}))
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Recipe:
        """The recipe that `to_dict` wrote. Raises RecipeError on another format or an unknown field."""
        if not isinstance(data, Mapping):
            raise RecipeError("La recette n’est pas lisible : un objet JSON est attendu.")
        rest = dict(data)
        version = rest.pop("format", None)
        if version != RECIPE_FORMAT:
            raise RecipeError(f"Format de recette inconnu : {version!r} (attendu : {RECIPE_FORMAT}).")
        try:
            return cls(
                **{
                    **rest,
                    "numeric": tuple(NumericColumn(**column) for column in rest["numeric"]),
                    "categorical": tuple(CategoricalColumn(**column) for column in rest.get("categorical", ())),
                    "blocks": tuple(Block(**block) for block in rest.get("blocks", ())),
                    "needs_any": tuple(rest.get("needs_any", ())),
                    "gates": Gates(**rest.get("gates", {})),
                    "rule": Rule(**rest.get("rule", {})),
                    "effort": Effort(**rest.get("effort", {})),
                }
            )
        except (TypeError, KeyError) as error:
            raise RecipeError(f"La recette n’est pas lisible : {error}.") from error


def check(recipe: Recipe) -> None:
    """Raise RecipeError, in French, on the first thing that cannot work."""
    for find in (_names, _blocks, _options, _range, _numbers, _gates):
        if problem := find(recipe):
            raise RecipeError(problem, about=find.__name__.removeprefix("_"))


def _names(recipe: Recipe) -> str:
    names = recipe.columns
    if not names:
        return "La recette ne nomme aucune colonne."
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        return f"Colonne nommée deux fois dans la recette : {', '.join(repeated)}."
    strangers = [name for name in recipe.needs_any if name not in names]
    if strangers:
        return f"« needs_any » nomme une colonne absente de la recette : {', '.join(strangers)}."
    return ""


def _blocks(recipe: Recipe) -> str:
    known = [block.name for block in recipe.blocks]
    if len(set(known)) < len(known):
        return "Deux blocs de la recette portent le même nom."
    numbers = {column.block for column in recipe.numeric}
    words = {column.block for column in recipe.categorical}
    missing = sorted((numbers | words) - set(known))
    if missing:
        return f"Bloc sans poids dans la recette : {', '.join(missing)}."
    if numbers & words:
        return f"Un bloc ne mélange pas nombres et catégories : {', '.join(sorted(numbers & words))}."
    if any(not 0 < block.weight <= MOST_WEIGHT for block in recipe.blocks):
        return "Le poids d’un bloc est compris entre 0 (exclu) et 100."
    return ""


def _options(recipe: Recipe) -> str:
    for column in recipe.numeric:
        if column.transform not in get_args(Transform):
            return f"Transformation inconnue pour {column.name} : {column.transform!r}."
        if column.imputation not in get_args(NumericFill):
            return f"Imputation inconnue pour {column.name} : {column.imputation!r}."
        if column.unit not in get_args(Unit):
            return f"Unité inconnue pour {column.name} : {column.unit!r}."
    if any(block.scale not in get_args(Scale) for block in recipe.blocks):
        return "L’échelle d’un bloc est « column » ou « pooled »."
    shares = [*(column.share for column in recipe.numeric), *(column.share for column in recipe.categorical)]
    if any(not 0 < share <= MOST_WEIGHT for share in shares):
        return "La part d’une colonne dans son bloc est comprise entre 0 (exclu) et 100."
    return ""


def _range(recipe: Recipe) -> str:
    if not FEWEST_SEGMENTS <= recipe.k_min <= recipe.k_max <= MOST_SEGMENTS:
        return f"Le nombre de segments essayés va de {FEWEST_SEGMENTS} à {MOST_SEGMENTS}, le minimum avant le maximum."
    if recipe.clusters is not None and not FEWEST_SEGMENTS <= recipe.clusters <= MOST_SEGMENTS:
        return f"Le nombre de segments imposé est compris entre {FEWEST_SEGMENTS} et {MOST_SEGMENTS}."
    return ""


def _numbers(recipe: Recipe) -> str:
    if not 0 <= recipe.winsor < 0.25:
        return "La part écrêtée à chaque extrémité est comprise entre 0 et 25\u00a0%."
    if not 0 <= recipe.seed < 2**32:
        return "La graine est un entier positif de 32 bits au plus."
    if not recipe.largest > 0 or recipe.rare_below < 1:
        return "La borne des nombres et le seuil des catégories rares sont supérieurs à 0."
    if any(value < 1 for value in asdict(recipe.effort).values()):
        return "Chaque effort de la recette (départs, tirages, lignes) vaut au moins 1."
    return ""


def _gates(recipe: Recipe) -> str:
    if recipe.gates.jaccard_hold > recipe.gates.jaccard_warn:
        return "La stabilité qui retient un calcul ne dépasse pas celle qui le signale."
    return beyond(asdict(recipe.gates), GATES) or beyond(asdict(recipe.rule), RULE)


def default_recipe() -> Recipe:
    """The agency's recipe. The weights were judged on planted portfolios (tests/planted.py).

    Five follower columns share the say of two columns, and so do sector and type of business, the sector most of it
    (the type repeats it in finer words); turnover has the say of one; seniority of half, because many accounts share
    the day on which the agency's book begins. Results are flat around these round numbers.
    """
    networks = {
        "facebook": "Facebook",
        "instagram": "Instagram",
        "linkedin": "LinkedIn",
        "tiktok": "TikTok",
        "youtube": "YouTube",
    }
    followers = tuple(
        NumericColumn(f"followers_{name}", "followers", label=f"Abonnés {label}", unit="count")
        for name, label in networks.items()
    )
    return Recipe(
        numeric=(
            *followers,
            NumericColumn("turnover", "turnover", label="Chiffre d’affaires", unit="euros"),
            NumericColumn("seniority_years", "seniority", "identity", label="Ancienneté", unit="years"),
        ),
        categorical=(
            CategoricalColumn("sector", "activity", share=3.0, label="Secteur"),
            CategoricalColumn("category", "activity", share=1.0, label="Type d’entreprise"),
        ),
        blocks=(
            Block("followers", 2.0, "pooled"),
            Block("turnover", 1.0),
            Block("seniority", 0.5),
            Block("activity", 2.0),
        ),
        needs_any=(*(column.name for column in followers), "turnover"),
    )
