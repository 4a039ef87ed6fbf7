"""The form that puts a client on the map by hand, and why the client is not there yet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Client
from clients.places import (
    Suggestion,
    Unplaced,
    check_coordinates,
    distance_km,
    homonyms,
    locate,
    repair_postal_code,
    resolve,
)
from clients.querysets import may_change
from dignamik.foundation import french

Problem = Client.PlaceProblem
LONGEST = 120
_CHOSEN = re.compile(r"(?P<town>.+?)\s*\((?P<code>\d{5})\)")
_NUMBER = r"[+-]?\d{1,9}"
# A bare comma separates only numbers whose decimals follow a dot: "47,1" is one number, or half a pair.
_PAIRS = (
    re.compile(rf"({_NUMBER}\.\d+)\s*,\s*({_NUMBER}\.\d+)"),
    re.compile(rf"({_NUMBER}(?:[.,]\d+)?)(?:\s*;\s*|\s+)({_NUMBER}(?:[.,]\d+)?)"),
)
_REFUSED = {
    "zero": gettext_lazy("Les coordonnées 0, 0 désignent le golfe de Guinée, pas une adresse."),
    "impossible": gettext_lazy("Ces coordonnées n’existent pas\u00a0: la latitude va de −90 à 90, en degrés."),
    "swapped": gettext_lazy("Latitude et longitude semblent inversées."),
    "outside": gettext_lazy("Ces coordonnées sont hors de France."),
}


# --- Why -------------------------------------------------------------------------------------------------------------


def why(client: Client) -> str:
    """Why a client is not on the map, or not exactly, in one sentence; "" where nothing is to be said."""
    said = {"town": client.city, "code": client.postal_code}
    sentences = {
        Problem.SEVERAL_TOWNS: _(
            "Plusieurs communes s’appellent «\u00a0%(town)s\u00a0»\u00a0: il faut le code postal."
        ),
        Problem.NO_TOWN: _("Ni ville ni code postal."),
        Problem.UNKNOWN_TOWN: _("Aucune commune ne s’appelle «\u00a0%(town)s\u00a0»."),
        Problem.CONTRADICTION: _("La ville «\u00a0%(town)s\u00a0» et le code postal %(code)s se contredisent."),
        Problem.POSTAL_CODE: _("Le code postal «\u00a0%(code)s\u00a0» est illisible."),
        Problem.COORDINATES: _("Ses coordonnées sont hors de France."),
    }
    if client.place_problem in sentences:
        return sentences[Problem(client.place_problem)] % said
    if client.place_problem == Problem.FAR:
        return _far(client)
    if client.position_precision == Client.Precision.POSTAL_CODE:
        return _("Placé au milieu du code postal %(code)s, à quelques kilomètres près.") % said
    if client.position_precision == Client.Precision.DEPARTMENT:
        return _("Placé au milieu de son département, à quelques dizaines de kilomètres près.")
    return ""


def _far(client: Client) -> str:
    place = resolve(client.city, client.postal_code)
    if place is None or client.latitude is None or client.longitude is None:
        return _("Ses coordonnées sont loin de la ville écrite.")
    km = distance_km((client.latitude, client.longitude), (place.latitude, place.longitude))
    said = {"km": french.grouped(km), "town": client.city or client.postal_code}
    return _("Ses coordonnées sont à %(km)s\u00a0km de %(town)s.") % said


# --- The form --------------------------------------------------------------------------------------------------------


@dataclass
class Fix:
    """What a person wrote about where a client is; of one client, before and after it was read.

    `corrected` are coordinates the right way round, to be accepted; `homonyms` the towns of the name to choose from.
    """

    client: Client
    may_change: bool
    why: str
    city: str
    postal_code: str
    coordinates: str
    problems: Sequence[str] = ()
    corrected: str = ""
    homonyms: Sequence[Suggestion] = field(default_factory=tuple)

    @property
    def seen(self) -> str:
        """The version of the client that the form shows."""
        return self.client.changed_at.isoformat()


def fix_of(client: Client, user: Any) -> Fix:
    """The form as it first stands."""
    given = client.position_precision == Client.Precision.GIVEN
    several = homonyms(client.city) if client.place_problem == Problem.SEVERAL_TOWNS else ()
    return Fix(
        client, may_change(user, client), why(client), client.city, client.postal_code,
        as_text(client.latitude, client.longitude) if given else "", homonyms=several,
    )  # fmt: skip


def as_text(latitude: float | None, longitude: float | None) -> str:
    return "" if latitude is None or longitude is None else f"{latitude:.6f}, {longitude:.6f}"


class PlaceForm(forms.Form):
    """A town, a postal code, or coordinates; `choice` is a town that was offered, `corrected` coordinates that were."""

    city = forms.CharField(required=False, max_length=LONGEST)
    postal_code = forms.CharField(required=False, max_length=20)
    coordinates = forms.CharField(required=False, max_length=60)
    choice = forms.CharField(required=False, max_length=LONGEST + 10)
    corrected = forms.CharField(required=False, max_length=60)
    seen = forms.CharField(max_length=40)

    corrected_pair: tuple[float, float] | None = None
    unplaced: Unplaced | None = None

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if self.errors:
            return said
        town = said["choice"] or said["city"]
        chosen = _CHOSEN.fullmatch(town)
        said["city"] = " ".join((chosen["town"] if chosen else town).split())[:LONGEST]
        code = chosen["code"] if chosen else said["postal_code"]
        said["postal_code"] = repair_postal_code(code) if code else ""
        if said["postal_code"] is None:
            raise ValidationError(_("Ce code postal n’est pas français\u00a0: cinq chiffres sont attendus."))
        said["position"] = None if said["choice"] else self.position(said["corrected"] or said["coordinates"])
        if said["position"] is None:
            self.refuse_nowhere(said["city"], said["postal_code"])
        return said

    def position(self, text: str) -> tuple[float, float] | None:
        plain = unicodedata.normalize("NFKC", text).replace("−", "-").strip()
        if not plain:
            return None
        found = next(filter(None, (pair.fullmatch(plain) for pair in _PAIRS)), None)
        if found is None:
            raise ValidationError(
                _("Écrivez la latitude puis la longitude en degrés, par exemple «\u00a047.4784, -0.5632\u00a0».")
            )
        latitude, longitude = (float(part.replace(",", ".")) for part in found.groups())
        check = check_coordinates(latitude, longitude)
        if not check.valid:
            self.corrected_pair = check.corrected
            raise ValidationError(str(_REFUSED[check.verdict]))
        return latitude, longitude

    def refuse_nowhere(self, city: str, postal_code: str) -> None:
        found = locate(city, postal_code)
        if isinstance(found, Unplaced):
            self.unplaced = found
            raise ValidationError(why(Client(city=city, postal_code=postal_code, place_problem=found.obstacle)))
