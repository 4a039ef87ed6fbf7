"""The one router: every address of the API, explicit. `dignamik.urls` mounts it under `/api/`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.urls import include, path
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from clients.api.categories import Categories
from segmentation.api.advice import ClientRecommendations, Recommendations
from segmentation.api.asking import RunJobs
from segmentation.api.completing import Completing
from segmentation.api.explorer import Explorer
from segmentation.api.map import ClientMap, Neighbours
from segmentation.api.portfolio import Portfolio
from segmentation.api.runs import Runs
from segmentation.api.score import Score
from segmentation.api.segments import Segments


class Nowhere(APIView):
    """Any other address of the API answers as the API does, in JSON, and says nothing to strangers."""

    permission_required: tuple[str, ...] = ()

    @extend_schema(exclude=True)
    def get(self, request: Request, rest: str) -> Response:
        raise Http404

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        raise Http404


class Docs(SpectacularSwaggerSplitView):
    """The library's page without its inline style."""

    template_name = "api/docs.html"


router = SimpleRouter(use_regex_path=False)
router.register("clients", Portfolio, basename="api-client")
router.register("categories", Categories, basename="api-category")
router.register("segments", Segments, basename="api-segment")
router.register("recommendations", Recommendations, basename="api-recommendation")
router.register("runs", Runs, basename="api-run")
router.register("completing", Completing, basename="api-completing")
router.register("score", Score, basename="api-score")

urlpatterns = [
    # Before the clients themselves: "map" is no number of a client.
    path("v1/clients/map/", ClientMap.as_view({"get": "list"}), name="api-client-map"),
    path("v1/clients/<str:pk>/neighbours/", Neighbours.as_view({"get": "retrieve"}), name="api-client-neighbours"),
    path(
        "v1/clients/<str:pk>/recommendations/",
        ClientRecommendations.as_view({"get": "list"}),
        name="api-client-recommendations",
    ),
    path("v1/runs/jobs/<str:pk>/", RunJobs.as_view({"get": "retrieve"}), name="api-run-job"),
    path("v1/explorer/", Explorer.as_view({"get": "list"}), name="api-explorer"),
    path("v1/", include(router.urls)),
    path("v1/<path:rest>", Nowhere.as_view(), name="api-nowhere"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    # A page for people: whoever is not signed in is sent to the login page.
    path("docs/", login_required(Docs.as_view(url_name="api-schema")), name="api-docs"),
]
