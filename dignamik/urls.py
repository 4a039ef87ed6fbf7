"""Every address of the site, explicit: grep one here and you find its view."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from clients.web.contacts import FollowUp, LogContact
from clients.web.views import ClientWebsite
from dignamik.foundation.entering import Login
from dignamik.foundation.probes import healthz, readyz
from segmentation.web.advice import Decide
from segmentation.web.asking import CancelJob, JobPage
from segmentation.web.day import DayPage, DaySeen
from segmentation.web.explorer import ExplorerPage
from segmentation.web.map import MapPage
from segmentation.web.movements import MovementsPage
from segmentation.web.outcomes import Outcomes
from segmentation.web.overview import Overview
from segmentation.web.portfolio import Portfolio, PortfolioClient
from segmentation.web.prospects import Prospect
from segmentation.web.publishing import PublishRun
from segmentation.web.reasons import ClientChange
from segmentation.web.recommendations import Recommendations
from segmentation.web.runs import RunList, RunPage
from segmentation.web.segments import SegmentList, SegmentPage

urlpatterns = [
    path("", Overview.as_view(), name="overview"),
    path("day/", DayPage.as_view(), name="day"),
    path("day/seen/", DaySeen.as_view(), name="day-seen"),
    path("clients/", Portfolio.as_view(), name="clients"),
    path("clients/<int:pk>/", PortfolioClient.as_view(), name="client"),
    path("clients/<int:pk>/website/", ClientWebsite.as_view(), name="client_website"),
    path("clients/<int:pk>/change/", ClientChange.as_view(), name="client-change"),
    path("clients/<int:pk>/contacts/", LogContact.as_view(), name="log-contact"),
    path("clients/<int:pk>/follow-up/", FollowUp.as_view(), name="follow-up"),
    path("clients/<int:pk>/decisions/", Decide.as_view(), name="decide"),
    path("recommendations/", Recommendations.as_view(), name="recommendations"),
    path("recommendations/outcomes/", Outcomes.as_view(), name="outcomes"),
    path("prospect/", Prospect.as_view(), name="prospect"),
    path("map/", MapPage.as_view(), name="map"),
    path("explorer/", ExplorerPage.as_view(), name="explorer"),
    path("segments/", SegmentList.as_view(), name="segments"),
    path("segments/<slug:slug>/", SegmentPage.as_view(), name="segment"),
    path("runs/", RunList.as_view(), name="runs"),
    path("runs/<int:pk>/", RunPage.as_view(), name="run"),
    path("runs/<int:pk>/publish/", PublishRun.as_view(), name="run-publish"),
    path("runs/<int:pk>/movements/", MovementsPage.as_view(), name="run-movements"),
    path("runs/jobs/<int:pk>/", JobPage.as_view(), name="run-job"),
    path("runs/jobs/<int:pk>/cancel/", CancelJob.as_view(), name="run-job-cancel"),
    path("api/", include("dignamik.api")),
    path("login/", Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]
