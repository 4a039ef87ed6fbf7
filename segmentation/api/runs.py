"""Runs: which there were, what each measured, and what its checks say."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dignamik.foundation.models import ApiToken
from dignamik.foundation.refusals import Refusal
from dignamik.foundation.resources import Resource, key
from segmentation.api.asking import RunIn, RunJob, ask
from segmentation.disclosure import figures_are_open, runs_open_to
from segmentation.models import Run
from segmentation.pointer import pointer
from segmentation.querysets import RunQuerySet
from segmentation.retelling import retold
from segmentation.runs.requesting import ASKS

SENTENCES = ("rule", "why")  # of a choice: what the run says of it


class RunRow(serializers.Serializer[Any]):
    """Un calcul dans une liste."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Run.State.choices)
    current = serializers.BooleanField(help_text="Celui que tout le monde voit.")
    as_of = serializers.DateField(help_text="Date des données.")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True, help_text="Dernière publication.")
    requested_by = serializers.CharField(allow_null=True)
    k = serializers.IntegerField(allow_null=True, help_text="Nombre de segments.")
    clusters = serializers.IntegerField(allow_null=True, help_text="Nombre de segments imposé, s’il l’a été.")
    seed = serializers.IntegerField()
    clients = serializers.IntegerField(help_text="Clients analysés.")
    scored = serializers.IntegerField(help_text="Clients placés.")
    passed = serializers.BooleanField(allow_null=True, help_text="Tous les contrôles sont passés.")


class RunSegment(serializers.Serializer[Any]):
    """Un segment du calcul."""

    slug = serializers.CharField()
    name = serializers.CharField()
    size_in_training = serializers.IntegerField()


class RunDetail(RunRow):
    """Un calcul et ses preuves. `segments`, `scores`, `choice` et `gates` : null si un groupe est trop petit."""

    segments = RunSegment(many=True, allow_null=True)
    scores = serializers.DictField(allow_null=True, help_text="Mesures par nombre de segments essayé.")
    choice = serializers.DictField(allow_null=True, help_text="La règle de choix et sa raison.")
    gates = serializers.ListField(child=serializers.DictField(), allow_null=True, help_text="Les contrôles.")
    notes = serializers.ListField(child=serializers.CharField())
    recipe = serializers.DictField()
    recipe_version = serializers.IntegerField(
        allow_null=True, help_text="Version de la recette ; null pour les calculs d’avant les versions."
    )
    seconds = serializers.DictField()
    error = serializers.CharField()


class Runs(Resource):
    write_scope = ApiToken.Scope.RUNS
    queryset = Run.objects.none()
    row_class = RunRow
    detail_class = RunDetail

    @property
    def permission_required(self) -> tuple[str, ...]:  # type: ignore[override]
        """Reading runs, and besides asking for one."""
        return ("segmentation.view_run", *([ASKS] if self.action == "create" else []))

    @property
    def answers(self) -> dict[int, Any]:  # type: ignore[override]
        return {202: RunJob, 409: Refusal} if self.action == "create" else {}

    def get_serializer_class(self) -> Any:
        return RunIn if self.action == "create" else super().get_serializer_class()

    def get_queryset(self) -> RunQuerySet:
        return runs_open_to(self.request.user).listed()

    @cached_property
    def current(self) -> Run | None:
        return pointer(self.request).now

    def list(self, request: Request) -> Response:
        """Calculs publiés, du plus récent au plus ancien ; les autres aussi pour qui peut voir les brouillons."""
        page = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response([self.row(run) for run in page])

    def create(self, request: Request) -> Response:
        """Demander un calcul : un exécutant s’en charge, la réponse dit où le suivre."""
        return ask(request)

    def retrieve(self, request: Request, pk: str) -> Response:
        """Un calcul, ses mesures et ses contrôles."""
        run = self.get_queryset().filter(pk=key(pk)).first()
        if run is None:
            raise Http404
        return Response(self.row(run) | self.evidence(run))

    def row(self, run: Any) -> dict[str, Any]:
        return {
            "id": run.pk,
            "state": run.state,
            "current": run == self.current,
            "as_of": run.as_of,
            "created_at": run.created_at,
            "finished_at": run.finished_at,
            "published_at": run.last_published_at,
            "requested_by": run.requested_by and run.requested_by.get_username(),
            "k": run.k,
            "clusters": run.clusters,
            "seed": run.seed,
            "clients": run.clients,
            "scored": run.scored,
            "passed": run.verdict.get("passed"),
        }

    def evidence(self, run: Run) -> dict[str, Any]:
        figures = {
            "segments": self.segments(run),
            "scores": run.scores,
            "choice": {name: retold(said) if name in SENTENCES else said for name, said in run.choice.items()},
            "gates": [{**gate, "says": retold(gate.get("says", ""))} for gate in run.verdict.get("gates", [])],
        }
        if not figures_are_open(run, self.request.user):
            figures = dict.fromkeys(figures)
        return figures | {
            "notes": [retold(note) for note in run.notes],
            "recipe": run.recipe,
            "recipe_version": run.recipe_version and run.recipe_version.number,
            "seconds": run.seconds,
            "error": retold(run.error),
        }

    def segments(self, run: Run) -> Sequence[dict[str, Any]]:
        names = ("slug", "name", "size_in_training")
        rows = run.profiles.values_list("segment__slug", "segment__name", "size")
        return [dict(zip(names, row, strict=True)) for row in rows]
