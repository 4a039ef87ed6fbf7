"""Which action for which client, over the API; and what a person decides on it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Client, HeldService
from clients.querysets import ClientQuerySet
from dignamik.foundation.refusals import StrictSerializer
from dignamik.foundation.resources import Resource, StrictFilters, key
from dignamik.foundation.strict_fields import Text, WholeNumber
from segmentation.advice.advising import Playbook
from segmentation.advice.deciding import LONGEST_COMMENT, CannotDecide, decide
from segmentation.advice.queueing import AdviceFilter, Line, Queue
from segmentation.api.naming import SegmentName, named
from segmentation.disclosure import figures_are_open
from segmentation.models import Decision, Play, Run
from segmentation.pointer import run_shown
from segmentation.querysets import with_segment

LARGEST_KEY = 10**18 - 1
NO_PLAY = _("Cette action n’existe pas.")


class PlayOut(serializers.Serializer[Any]):
    """Une action du plan d’un segment."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    pitch = serializers.CharField(help_text="Ce que le chargé de compte dit au client.")
    service = serializers.ChoiceField(choices=HeldService.Service.choices)
    goal = serializers.ChoiceField(choices=Play.Goal.choices)
    priority = serializers.ChoiceField(choices=Play.Priority.choices, help_text="1 : haute.")
    segment = SegmentName()


class DecisionOut(serializers.Serializer[Any]):
    """Ce qu’une personne a décidé d’une action, avec la raison affichée à ce moment."""

    id = serializers.IntegerField()
    client = serializers.IntegerField()
    play = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Decision.Kind.choices)
    outcome = serializers.ChoiceField(
        choices=[("", "non notée"), *Decision.Outcome.choices], help_text="Issue observée d’une action faite."
    )
    shown_reason = serializers.CharField()
    comment = serializers.CharField()
    until = serializers.DateField(allow_null=True)
    by = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()


class RecommendationRow(serializers.Serializer[Any]):
    """Une action pour un client, et la décision en vigueur s’il y en a une."""

    client = serializers.IntegerField()
    client_name = serializers.CharField()
    city = serializers.CharField()
    department = serializers.CharField()
    play = PlayOut()
    reason = serializers.CharField(help_text="Cite les chiffres réels du client, jamais une valeur imputée.")
    decision = DecisionOut(allow_null=True)


class DecisionIn(StrictSerializer):
    """`comment` est exigé pour écarter (refused), `until` pour remettre à plus tard (snoozed)."""

    client = WholeNumber(min_value=1, max_value=LARGEST_KEY)
    play = WholeNumber(min_value=1, max_value=LARGEST_KEY)
    kind = serializers.ChoiceField(choices=Decision.Kind.choices)
    comment = Text(max_length=LONGEST_COMMENT, required=False, allow_blank=True, default="")
    until = serializers.DateField(required=False, allow_null=True, default=None)
    outcome = serializers.ChoiceField(
        choices=Decision.Outcome.choices, required=False, allow_blank=True, default="", help_text="D’une action faite."
    )


class Recommendations(Resource):
    queryset = Client.objects.none()
    filterset_class = AdviceFilter
    row_class = RecommendationRow
    detail_class = DecisionIn

    @property
    def permission_required(self) -> tuple[str, ...]:  # type: ignore[override]
        """Reading the queue, and besides deciding on it."""
        reads = ("clients.view_client", "segmentation.view_play")
        return (*reads, "segmentation.add_decision") if self.action == "create" else reads

    @property
    def answers(self) -> dict[int, Any]:  # type: ignore[override]
        return {201: DecisionOut} if self.action == "create" else {}

    @cached_property
    def run(self) -> Run | None:
        return run_shown(self.request)

    @cached_property
    def quoted(self) -> bool:
        """Whether reasons may quote figures of whole segments."""
        return figures_are_open(self.run, self.request.user)

    def visible(self) -> ClientQuerySet:
        return Client.objects.visible_to(self.request.user)

    def get_queryset(self) -> ClientQuerySet:
        return with_segment(self.visible(), self.run)

    def list(self, request: Request, **address: str) -> Response:
        """Actions proposées aux clients visibles, ou décidées (`decision`), une page à la fois."""
        filterset = StrictFilters().judged(request, self.get_queryset(), self)
        queue = Queue.of(filterset, self.run, quoted=self.quoted)
        page = self.paginate_queryset(queue.rows()) or []
        return self.get_paginated_response([row(line) for line in queue.lines(page)])

    def create(self, request: Request) -> Response:
        """Décider d’une action pour un client : planifier, fait, écarter, plus tard, rouvrir."""
        asked = DecisionIn(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        client = self.visible().filter(pk=said["client"]).first()
        if client is None:
            raise Http404
        play = Play.objects.filter(pk=said["play"]).first()
        if play is None:
            raise ValidationError({"play": [NO_PLAY]})
        playbook = Playbook.of(self.run, plays=Play.objects.filter(pk=play.pk), quoted=self.quoted)
        try:
            made = decide(
                client, play, said["kind"], playbook=playbook, by=request.user,
                comment=said["comment"], until=said["until"], outcome=said["outcome"],
            )  # fmt: skip
        except CannotDecide as refusal:
            raise ValidationError({"__all__": [str(refusal)]}) from None
        return Response(decided(made), status=status.HTTP_201_CREATED)


class ClientRecommendations(Recommendations):
    """The same lines, of one client; somebody else's client looks like none."""

    def visible(self) -> ClientQuerySet:
        return super().visible().filter(pk=key(self.kwargs["pk"]))

    def list(self, request: Request, **address: str) -> Response:
        """Actions proposées à un client, ou décidées (`decision`)."""
        if not self.visible().exists():
            raise Http404
        return super().list(request)


def row(line: Line) -> dict[str, Any]:
    """One line of the queue as an answer."""
    return {
        "client": line.client.pk,
        "client_name": line.client.name,
        "city": line.client.city,
        "department": line.client.department,
        "play": shown(line.play),
        "reason": line.reason,
        "decision": decided(line.decision) if line.decision else None,
    }


def shown(play: Play) -> dict[str, Any]:
    """A play as an answer. Needs its segment."""
    return {
        "id": play.pk,
        "title": play.title,
        "pitch": play.pitch,
        "service": play.service,
        "goal": play.goal,
        "priority": play.priority,
        "segment": named(play.segment),
    }


def decided(decision: Decision) -> dict[str, Any]:
    """A decision as an answer."""
    return {
        "id": decision.pk,
        "client": decision.client_id,
        "play": decision.play_id,
        "kind": decision.kind,
        "outcome": decision.outcome,
        "shown_reason": decision.shown_reason,
        "comment": decision.comment,
        "until": decision.until,
        "by": decision.by.get_username() if decision.by else None,
        "at": decision.at,
    }
