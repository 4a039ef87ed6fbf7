"""Where one business, in the book of record or not, would stand in the published run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import FIRST_YEAR, LARGEST_AMOUNT, LAST_YEAR, Category, Client
from clients.places import fold
from dignamik.foundation.models import ApiToken
from dignamik.foundation.refusals import Refusal, StrictSerializer
from dignamik.foundation.resources import Resource
from dignamik.foundation.strict_fields import Amount, Text, WholeNumber
from segmentation.advice.advising import Advice, Playbook, for_business
from segmentation.advice.facts import of_business
from segmentation.api.advice import PlayOut, shown
from segmentation.api.naming import SegmentName, named
from segmentation.disclosure import figures_are_open
from segmentation.engine.errors import DocumentError
from segmentation.models import Assignment, Play, Run
from segmentation.runs.frames import DAYS_IN_A_YEAR
from segmentation.runs.placing import Placement, place

MOST_FOLLOWERS = 2**31 - 1
LONGEST_SENIORITY = 150  # years


class NotPublished(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = _("Aucun calcul n’est publié : il n’y a pas encore de segment où placer une entreprise.")
    default_code = "not_published"


class Unreadable(NotPublished):
    default_detail = _("Le modèle du calcul publié n’est pas lisible. Relancez un calcul.")


class Audience(StrictSerializer):
    """Abonnés par réseau. Absent ou null : inconnu. 0 : aucun."""

    facebook = WholeNumber(min_value=0, max_value=MOST_FOLLOWERS, required=False, allow_null=True)
    instagram = WholeNumber(min_value=0, max_value=MOST_FOLLOWERS, required=False, allow_null=True)
    linkedin = WholeNumber(min_value=0, max_value=MOST_FOLLOWERS, required=False, allow_null=True)
    tiktok = WholeNumber(min_value=0, max_value=MOST_FOLLOWERS, required=False, allow_null=True)
    youtube = WholeNumber(min_value=0, max_value=MOST_FOLLOWERS, required=False, allow_null=True)


class Business(StrictSerializer):
    """Ce que l’on sait d’une entreprise. Tout peut manquer ou être null : inconnu, jamais 0."""

    category = Text(
        max_length=120, required=False, allow_null=True, allow_blank=True, help_text="Type d’entreprise, par son nom."
    )
    sector = Text(
        max_length=120, required=False, allow_null=True, allow_blank=True, help_text="Déduit du type s’il est connu."
    )
    followers = Audience(required=False, allow_null=True)
    turnover = Amount(
        max_digits=14, decimal_places=2, min_value=-LARGEST_AMOUNT, max_value=LARGEST_AMOUNT,
        required=False, allow_null=True, help_text="Chiffre d’affaires annuel, en euros.",
    )  # fmt: skip
    turnover_year = WholeNumber(
        min_value=FIRST_YEAR, max_value=LAST_YEAR, required=False, allow_null=True, help_text="Année de ce CA."
    )
    has_website = serializers.BooleanField(required=False, allow_null=True)
    client_since = serializers.DateField(required=False, allow_null=True)
    seniority_years = serializers.FloatField(
        min_value=0, max_value=LONGEST_SENIORITY, required=False, allow_null=True, help_text="Au lieu de client_since."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        years = attrs.get("seniority_years")
        if years is None:
            return attrs
        if attrs.get("client_since") is not None:
            raise ValidationError({"seniority_years": [_("Donnez client_since ou seniority_years, pas les deux.")]})
        if not 0 <= years <= LONGEST_SENIORITY:  # NaN passes the bounds of the field
            raise ValidationError({"seniority_years": [_("Un nombre est attendu.")]})
        return attrs


class Proposal(serializers.Serializer[Any]):
    """Une première action, et pourquoi."""

    play = PlayOut()
    reason = serializers.CharField()


class Placed(serializers.Serializer[Any]):
    """Où l’entreprise se situerait. `segment` est null si l’on en sait trop peu."""

    run = serializers.IntegerField()
    segment = SegmentName(allow_null=True)
    standing = serializers.ChoiceField(choices=Assignment.Standing.choices)
    margin = serializers.FloatField(
        allow_null=True, help_text="0 : à la frontière de deux segments ; 1 : au centre du sien."
    )
    second = SegmentName(allow_null=True)
    possible = SegmentName(many=True, help_text="Segments possibles une fois les données manquantes connues.")
    missing = serializers.ListField(child=serializers.CharField(), help_text="Données inconnues.")
    plays = Proposal(many=True, help_text="Premières actions du segment dont les conditions tiennent avec ces données.")
    notes = serializers.ListField(child=serializers.CharField(), help_text="Ce qu’il faut savoir de cette réponse.")


class Score(Resource):
    permission_required = ("segmentation.view_segment", "segmentation.view_play")
    write_scope = ApiToken.Scope.READ  # it asks, and writes nothing
    queryset = Run.objects.none()
    answers: ClassVar[dict[int, Any]] = {200: Placed, 409: Refusal}

    def get_serializer_class(self) -> Any:
        return Business

    def create(self, request: Request) -> Response:
        """Placer une entreprise dans le calcul publié. Rien n’est enregistré."""
        asked = Business(data=request.data)
        asked.is_valid(raise_exception=True)
        run = Run.objects.current()
        if run is None:
            raise NotPublished
        facts, notes = understood(asked.validated_data, run.as_of)
        try:
            placed = place(facts, run)
        except DocumentError:
            raise Unreadable from None
        return Response(answer(placed, run, notes) | {"plays": self.plays(placed, run, facts)})

    def plays(self, placed: Placement, run: Run, facts: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
        """The first plays, most urgent first; none where there is no segment."""
        if placed.segment is None:
            return []
        plays = Play.objects.filter(segment=placed.segment)
        playbook = Playbook.of(run, plays=plays, quoted=figures_are_open(run, self.request.user))
        # Nobody's client until somebody says since when.
        stranger = {"status": Client.Status.PROSPECT} if facts.get("client_since") is None else {}
        found: list[Advice] = for_business(playbook, placed.segment, of_business({**facts, **stranger}))
        return [{"play": shown(item.play), "reason": item.reason} for item in found]


def understood(said: Mapping[str, Any], as_of: date) -> tuple[dict[str, Any], list[str]]:
    """The business in the words of the book of record, and what was not known there."""
    facts = dict(said)
    years = facts.pop("seniority_years", None)
    if years is not None:
        facts["client_since"] = as_of - timedelta(days=round(years * DAYS_IN_A_YEAR))
    categories = list(Category.objects.all())
    notes = []
    if facts.get("category"):
        category = next((one for one in categories if fold(one.name) == fold(facts["category"])), None)
        if category is None:
            notes.append(gettext("Aucun client n’est de ce type d’entreprise : il est traité comme « autre »."))
        else:
            facts |= {"category": category.name, "sector": facts.get("sector") or category.sector}
    if facts.get("sector"):
        sector = next((one.sector for one in categories if fold(one.sector) == fold(facts["sector"])), None)
        if sector is None:
            notes.append(gettext("Aucun client n’est de ce secteur : il est traité comme « autre »."))
        facts["sector"] = sector or facts["sector"]
    return facts, notes


def answer(placed: Placement, run: Run, notes: list[str]) -> dict[str, Any]:
    """A placement as an answer."""
    return {
        "run": run.pk,
        "segment": named(placed.segment),
        "standing": placed.standing,
        "margin": placed.margin,
        "second": named(placed.second),
        "possible": [named(segment) for segment in placed.possible],
        "missing": list(placed.unknown),
        "notes": notes,
    }
