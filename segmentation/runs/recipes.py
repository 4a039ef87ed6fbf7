"""The recipe in force, and the two ways it changes: a new version, or an earlier one again. Both leave a record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dignamik.foundation.auditing import Kind, note
from segmentation.engine.errors import RecipeError
from segmentation.engine.recipe import Recipe, default_recipe
from segmentation.models import RecipeAdoption, RecipeVersion

FIRST = "Recette d’origine de Dignamik."  # kept, so in French whoever asks first
REASON_IS_NEEDED = gettext_lazy("Écrivez pourquoi\u00a0: une raison est demandée pour changer la recette.")
NOTHING_CHANGED = gettext_lazy("Rien n’a changé\u00a0: c’est déjà la recette en vigueur.")


class CannotChange(Exception):
    """Said in French, to whoever asked. Nothing was written."""


class Overtaken(CannotChange):
    """Another version was put in force since this person looked. `now` is what is in force."""

    def __init__(self, now: InForce) -> None:
        self.now = now
        super().__init__(_("La recette en vigueur a changé pendant que vous y travailliez."))


@dataclass(frozen=True)
class InForce:
    """What the next run is trained with. Without any version it is the default recipe, which will be number 1."""

    version: RecipeVersion | None

    @property
    def number(self) -> int:
        return self.version.number if self.version else 1

    @property
    def recipe(self) -> Recipe:
        """Raises RecipeError when the stored one cannot be read."""
        return Recipe.from_dict(self.version.recipe) if self.version else default_recipe()


def in_force() -> InForce:
    """The version that the records name, if any."""
    adoption = RecipeAdoption.objects.filter(current=True).select_related("version__by").first()
    return InForce(adoption.version if adoption else None)


def settled() -> InForce:
    """The recipe in force, written down as version 1 if it was the default: from then on it changes by records only."""
    found = in_force()
    if found.version is not None:
        return found
    try:
        with transaction.atomic():
            return InForce(_first())
    except IntegrityError:  # somebody wrote it at the same moment
        return in_force()


def readable(found: InForce) -> Recipe | None:
    """Its recipe; None for one that this version of Dignamik cannot read, which people may replace."""
    try:
        return found.recipe
    except RecipeError:
        return None


def revise(recipe: Recipe, *, seen: int, by: Any, reason: str, base: RecipeVersion | None = None) -> RecipeVersion:
    """Write `recipe` as the next version and put it in force.

    `seen` is the number in force when this person began, `base` the version they began from. Raises CannotChange
    without a reason or a change, Overtaken when another version was put in force meanwhile.
    """
    reason = _reason(reason)
    try:
        with transaction.atomic():
            found = _unmoved(seen)
            if recipe == readable(found):
                raise CannotChange(NOTHING_CHANGED)
            replaced = found.version or _first()
            number = RecipeVersion.objects.latest("number").number + 1
            version = RecipeVersion.objects.create(
                number=number, recipe=recipe.to_dict(), base=base or replaced, by=by, reason=reason
            )
            _adopt(version, by, reason)
    except IntegrityError:  # two people at the same moment: the constraint let one through
        raise Overtaken(in_force()) from None
    return version


def adopt(version: RecipeVersion, *, seen: int, by: Any, reason: str) -> RecipeAdoption:
    """Put an earlier version in force again. Raises CannotChange and Overtaken as `revise`."""
    reason = _reason(reason)
    if readable(InForce(version)) is None:
        raise CannotChange(
            _("La version %(number)s n’est plus lisible\u00a0: elle ne peut pas servir.") % {"number": version.number}
        )
    try:
        with transaction.atomic():
            if _unmoved(seen).version == version:
                raise CannotChange(_("La version %(number)s est déjà en vigueur.") % {"number": version.number})
            return _adopt(version, by, reason)
    except IntegrityError:
        raise Overtaken(in_force()) from None


def _reason(reason: str) -> str:
    if not reason.strip():
        raise CannotChange(REASON_IS_NEEDED)
    return reason.strip()


def _unmoved(seen: int) -> InForce:
    found = in_force()
    if found.number != seen:
        raise Overtaken(found)
    return found


def _first() -> RecipeVersion:
    version = RecipeVersion.objects.create(number=1, recipe=default_recipe().to_dict(), reason=FIRST)
    _adopt(version, None, FIRST)
    return version


def _adopt(version: RecipeVersion, by: Any, reason: str) -> RecipeAdoption:
    RecipeAdoption.objects.filter(current=True).update(current=False)
    adoption = RecipeAdoption.objects.create(version=version, by=by, reason=reason)
    note(Kind.RECIPE, by, about=version, number=version.number, adoption=adoption.pk)
    return adoption
