"""Segments of the run that people see, and what one looks like."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Client
from dignamik.foundation.resources import Resource
from segmentation.disclosure import disclosed, fewest_behind, figures_are_open
from segmentation.models import Profile, Run, Segment
from segmentation.pointer import run_shown
from segmentation.querysets import SegmentQuerySet
from segmentation.retelling import retold


class SegmentRow(serializers.Serializer[Any]):
    """Un segment dans une liste."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    colour = serializers.IntegerField(help_text="Rang dans la palette.")
    size = serializers.IntegerField(help_text="Clients que vous voyez et que le calcul y place.")
    size_in_training = serializers.IntegerField(
        allow_null=True, help_text="Clients analysés par le calcul, toute la base ; null si un groupe en a moins de 5."
    )


class NumberProfile(serializers.Serializer[Any]):
    """Une donnée chiffrée du segment face aux autres clients. Valeurs connues seulement."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    unit = serializers.CharField()
    known = serializers.IntegerField()
    unknown = serializers.IntegerField()
    q25 = serializers.FloatField(allow_null=True)
    median = serializers.FloatField(allow_null=True)
    q75 = serializers.FloatField(allow_null=True)
    present = serializers.FloatField(allow_null=True, help_text="Part des valeurs connues au-dessus de 0.")
    rest_median = serializers.FloatField(allow_null=True)
    rest_present = serializers.FloatField(allow_null=True)
    rank = serializers.FloatField(allow_null=True, help_text="0 : le plus bas de la base ; 1 : le plus haut.")
    of_total = serializers.FloatField(
        allow_null=True, required=False, help_text="Part du segment dans la somme des valeurs connues, s’il y en a une."
    )


class WordShare(serializers.Serializer[Any]):
    """La part d’un mot dans le segment, et chez les autres."""

    word = serializers.CharField()
    count = serializers.IntegerField()
    share = serializers.FloatField()
    rest_share = serializers.FloatField()


class WordProfile(serializers.Serializer[Any]):
    """Une donnée en mots du segment."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    known = serializers.IntegerField()
    unknown = serializers.IntegerField()
    shares = WordShare(many=True)
    hidden = serializers.IntegerField(help_text="Mots tus, parce que moins de 5 clients les ont.")


class RuleCondition(serializers.Serializer[Any]):
    """Une borne de la règle."""

    column = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    unit = serializers.CharField(help_text="« word » pour un mot.")
    operator = serializers.ChoiceField(choices=[">=", "<", "is", "is not"])
    value = serializers.JSONField(help_text="Un nombre, ou un mot.")


class SegmentRule(serializers.Serializer[Any]):
    """Une phrase qui décrit le segment, et ce qu’elle vaut. Elle le résume : elle ne place personne."""

    says = serializers.CharField(help_text="En français, avec ses chiffres.")
    conditions = RuleCondition(many=True)
    coverage = serializers.FloatField(help_text="Part des clients du segment qui y répondent.")
    precision = serializers.FloatField(help_text="Part du segment parmi ceux qui y répondent.")
    fidelity = serializers.FloatField(help_text="Part des clients sur qui la phrase et le calcul sont d’accord.")
    met = serializers.IntegerField(help_text="Clients analysés qui y répondent.")


class ClientName(serializers.Serializer[Any]):
    """Un client, par son nom."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class SegmentProfile(serializers.Serializer[Any]):
    """À quoi ressemble le segment, sur les clients analysés."""

    run = serializers.IntegerField()
    share = serializers.FloatField(help_text="Part des clients analysés.")
    numbers = NumberProfile(many=True)
    totals = NumberProfile(allow_null=True, help_text="Abonnés, tous réseaux.")
    words = WordProfile(many=True, help_text="Mots d’au moins 5 clients, si vous ne voyez pas toute la base.")
    extra_numbers = NumberProfile(many=True, help_text="Données que le calcul n’a pas regardées.")
    extra_words = WordProfile(many=True, help_text="Mots que le calcul n’a pas regardés (département, commune).")
    turnover_share = serializers.FloatField(
        allow_null=True, help_text="Part du chiffre d’affaires connu des clients analysés, toute la base."
    )
    rule = SegmentRule(allow_null=True)
    suggested_name = serializers.CharField(allow_blank=True, help_text="Le nom que le calcul propose.")
    based_on = serializers.ListField(child=serializers.CharField(), help_text="Ce qui fonde le nom proposé.")


class SegmentDetail(SegmentRow):
    """Un segment et son profil dans le calcul en service."""

    name_is_suggested = serializers.BooleanField()
    profile = SegmentProfile(
        allow_null=True, help_text="Null si un groupe compte moins de 5 clients et que vous ne voyez pas toute la base."
    )
    typical = ClientName(many=True, help_text="Parmi les clients que vous voyez.")
    atypical = ClientName(many=True, help_text="Parmi les clients que vous voyez.")


class Segments(Resource):
    permission_required = ("clients.view_client", "segmentation.view_segment")
    queryset = Segment.objects.none()
    row_class = SegmentRow
    detail_class = SegmentDetail
    lookup_field = "slug"

    @cached_property
    def run(self) -> Run | None:
        return run_shown(self.request)

    @cached_property
    def open(self) -> bool:
        return figures_are_open(self.run, self.request.user)

    def get_queryset(self) -> SegmentQuerySet:
        visible = Client.objects.visible_to(self.request.user)
        return Segment.objects.in_run(self.run).counted(self.run, visible)

    def list(self, request: Request) -> Response:
        """Segments du calcul en service, du plus grand au plus petit."""
        page = self.paginate_queryset(self.get_queryset()) or []
        sizes = self._sizes()
        return self.get_paginated_response([self.row(segment, sizes.get(segment.pk)) for segment in page])

    def retrieve(self, request: Request, slug: str) -> Response:
        """Un segment et son profil dans le calcul en service."""
        segment = self.get_queryset().filter(slug=checked(slug)).first()
        if segment is None:
            raise Http404
        profile = Profile.objects.get(run=self.run, segment=segment)
        data = profile.data
        return Response(
            self.row(segment, profile.size if self.open else None)
            | {
                "name_is_suggested": segment.name_is_suggested,
                "profile": self.profile(profile) if self.open else None,
                "typical": self.visible(data.get("typical", [])),
                "atypical": self.visible(data.get("atypical", [])),
            }
        )

    def row(self, segment: Any, size_in_training: int | None) -> dict[str, Any]:
        return {
            "slug": segment.slug,
            "name": segment.name,
            "description": segment.description,
            "colour": segment.colour,
            "size": segment.size,
            "size_in_training": size_in_training,
        }

    def profile(self, profile: Profile) -> dict[str, Any]:
        """The figures of one group. The cluster's number and other people's clients stay behind."""
        data = disclosed(profile.data, profile.size, fewest_behind(self.request.user))
        rule = data["rule"]
        return {
            "run": self.run.pk if self.run else None,
            "share": data.get("share"),
            "numbers": data["numbers"],
            "totals": data["totals"],
            "words": data["words"],
            "extra_numbers": data["extra_numbers"],
            "extra_words": data["extra_words"],
            "turnover_share": data["turnover_share"],
            "rule": rule and {**rule, "says": retold(data.get("rule_says", ""))},
            "suggested_name": data.get("suggested_name", ""),
            "based_on": [retold(reason) for reason in data.get("based_on", [])],
        }

    def visible(self, pks: Sequence[int]) -> Sequence[dict[str, Any]]:
        """Those of these clients that the person may see, in the order given."""
        names = dict(Client.objects.visible_to(self.request.user).filter(pk__in=pks).values_list("pk", "name"))
        return [{"id": pk, "name": names[pk]} for pk in pks if pk in names]

    def _sizes(self) -> dict[int, int]:
        if not self.open or self.run is None:
            return {}
        return dict(self.run.profiles.values_list("segment", "size"))


def checked(slug: str) -> str:
    """A slug, or absent: PostgreSQL stumbles over a NUL in a text."""
    try:
        validate_slug(slug)
    except ValidationError:
        raise Http404 from None
    return slug
