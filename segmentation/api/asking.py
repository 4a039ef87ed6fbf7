"""Asking for a run over the API, and following it."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from dignamik.foundation.models import Job
from dignamik.foundation.refusals import StrictSerializer
from dignamik.foundation.resources import Resource, key
from dignamik.foundation.strict_fields import Text, WholeNumber
from segmentation.engine.recipe import FEWEST_SEGMENTS, MOST_SEGMENTS
from segmentation.runs.requesting import (
    ASKS,
    LARGEST_SEED,
    LONGEST_WHY,
    AlreadyAsked,
    demands,
    request_run,
)


class Pending(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = _("Un calcul est déjà demandé ou en cours.")
    default_code = "already_asked"


class RunIn(StrictSerializer):
    """Ce que l’on veut du calcul. Tout peut manquer : la règle choisit alors le nombre de segments."""

    clusters = WholeNumber(
        min_value=FEWEST_SEGMENTS, max_value=MOST_SEGMENTS, required=False, allow_null=True, default=None,
        help_text="Nombre de segments imposé ; demande « why ».",
    )  # fmt: skip
    seed = WholeNumber(min_value=0, max_value=LARGEST_SEED, required=False, allow_null=True, default=None)
    why = Text(max_length=LONGEST_WHY, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["clusters"] is not None and not attrs["why"]:
            raise ValidationError({"why": [_("Écrivez pourquoi vous imposez ce nombre.")]})
        return attrs


class RunJob(serializers.Serializer[Any]):
    """Un calcul demandé, de la file d’attente à sa fin."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Job.State.choices)
    trigger = serializers.ChoiceField(choices=Job.Trigger.choices)
    asked_by = serializers.CharField(allow_null=True)
    asked_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    clusters = serializers.IntegerField(allow_null=True)
    seed = serializers.IntegerField(allow_null=True)
    why = serializers.CharField()
    step = serializers.CharField(help_text="L’étape en cours.")
    progress = serializers.FloatField(help_text="De 0 à 1.")
    run = serializers.IntegerField(allow_null=True, help_text="Le calcul, une fois terminé.")
    error = serializers.CharField()


def ask(request: Request) -> Response:
    """Queue what a body says. 202 with the job; raises Pending while another waits or goes."""
    asked = RunIn(data=request.data)
    asked.is_valid(raise_exception=True)
    try:
        job = request_run(by=request.user, trigger=Job.Trigger.API, **asked.validated_data)
    except AlreadyAsked as already:
        raise Pending(
            _("Un calcul est déjà demandé ou en cours. Tâche n° %(job)s.") % {"job": already.job.pk}
        ) from None
    return Response(shown(job), status=status.HTTP_202_ACCEPTED)


class RunJobs(Resource):
    permission_required = (ASKS,)
    queryset = Job.objects.none()
    detail_class = RunJob

    def retrieve(self, request: Request, pk: str) -> Response:
        """Où en est un calcul demandé."""
        job = demands().select_related("asked_by").filter(pk=key(pk)).first()
        if job is None:
            raise Http404
        return Response(shown(job))


def shown(job: Job) -> dict[str, Any]:
    """A job as an answer."""
    names = ("state", "trigger", "asked_at", "started_at", "finished_at", "step", "progress", "error")
    return {
        "id": job.pk,
        "asked_by": job.asked_by.get_username() if job.asked_by else None,
        "clusters": job.payload.get("clusters"),
        "seed": job.payload.get("seed"),
        "why": job.payload.get("why", ""),
        "run": job.result.get("run"),
        **{name: getattr(job, name) for name in names},
    }
