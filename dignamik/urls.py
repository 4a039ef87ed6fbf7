"""Every address of the site, explicit: grep one here and you find its view."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path
from django.views.generic import RedirectView

from clients.web.contacts import FollowUp, LogContact
from clients.web.doubles import DoubleList, SearchDoubles, SetAside
from clients.web.import_format import ImportableExport, ImportFormat, ImportTemplate
from clients.web.imports import DropImport, ImportColumns, ImportList, ImportPage, RejectedRows
from clients.web.places import TownSuggestions
from clients.web.syncs import SyncList, SyncPage
from clients.web.views import ClientWebsite
from dignamik.foundation.account import RevokeToken, Tokens
from dignamik.foundation.account_security import ChangePassword, NewCodes, Security, SetUp, TurnOff
from dignamik.foundation.language import choose
from dignamik.foundation.login import AdminLogin, Login, LoginCode
from dignamik.foundation.passwords_forgotten import Asked, ChoosePassword, Forgotten
from dignamik.foundation.probes import healthz, readyz
from dignamik.foundation.proving import Confirm
from segmentation.web.advice import Decide
from segmentation.web.asking import CancelJob, JobPage
from segmentation.web.batch import Batch
from segmentation.web.comparing import RunComparison
from segmentation.web.completing import Completing
from segmentation.web.conflicts import Conflicts
from segmentation.web.day import DayPage, DaySeen
from segmentation.web.doubles import Compare, MergePage, UndoMerge
from segmentation.web.explorer import ExplorerPage
from segmentation.web.facets import Facet, Towns
from segmentation.web.help import Help, StyleGuide
from segmentation.web.imports import ConfirmImport, UndoImport
from segmentation.web.map import MapPage
from segmentation.web.movements import MovementsPage
from segmentation.web.outcomes import Outcomes
from segmentation.web.overview import Overview
from segmentation.web.places import FixPlace, PlacesPage
from segmentation.web.play import ArchivePlay, NewPlay, PlayEditor, PreviewNewPlay, PreviewPlay, RestorePlay
from segmentation.web.playbook import PlaybookPage
from segmentation.web.portfolio import Portfolio, PortfolioClient
from segmentation.web.prospect_files import ProspectFile
from segmentation.web.prospects import BecomeClient, Prospect
from segmentation.web.publishing import PublishRun
from segmentation.web.quality import CompletenessList, QualityPage
from segmentation.web.reasons import ClientChange
from segmentation.web.recommendations import Recommendations
from segmentation.web.rights import ClientAccess, ClientObjection, EraseClient, RightsPage
from segmentation.web.runs import RunList, RunPage
from segmentation.web.saved import ChangeView, DeleteView, SavedViewList
from segmentation.web.segments import SegmentList, SegmentPage
from segmentation.web.visits import VisitsPage

handler400 = "dignamik.foundation.failing.bad_request"
handler404 = "dignamik.foundation.failing.not_found"
handler500 = "dignamik.foundation.failing.server_error"

urlpatterns = [
    path("", Overview.as_view(), name="overview"),
    path("day/", DayPage.as_view(), name="day"),
    path("day/seen/", DaySeen.as_view(), name="day-seen"),
    path("clients/", Portfolio.as_view(), name="clients"),
    path("clients/facets/<slug:name>/", Facet.as_view(), name="client-facet"),
    path("clients/batch/", Batch.as_view(), name="client-batch"),
    path("clients/towns/", Towns.as_view(), name="client-towns"),
    path("clients/<int:pk>/", PortfolioClient.as_view(), name="client"),
    path("clients/<int:pk>/website/", ClientWebsite.as_view(), name="client_website"),
    path("clients/<int:pk>/change/", ClientChange.as_view(), name="client-change"),
    path("clients/<int:pk>/contacts/", LogContact.as_view(), name="log-contact"),
    path("clients/<int:pk>/follow-up/", FollowUp.as_view(), name="follow-up"),
    path("clients/<int:pk>/decisions/", Decide.as_view(), name="decide"),
    path("recommendations/", Recommendations.as_view(), name="recommendations"),
    path("playbook/", PlaybookPage.as_view(), name="playbook"),
    path("playbook/new/", NewPlay.as_view(), name="play-new"),
    path("playbook/new/preview/", PreviewNewPlay.as_view(), name="play-new-preview"),
    path("playbook/<int:pk>/", PlayEditor.as_view(), name="play"),
    path("playbook/<int:pk>/preview/", PreviewPlay.as_view(), name="play-preview"),
    path("playbook/<int:pk>/archive/", ArchivePlay.as_view(), name="play-archive"),
    path("playbook/<int:pk>/restore/", RestorePlay.as_view(), name="play-restore"),
    path("clients/<int:pk>/signed/", BecomeClient.as_view(), name="become-client"),
    path("clients/<int:pk>/rights/", RightsPage.as_view(), name="client-rights"),
    path("clients/<int:pk>/rights/objection/", ClientObjection.as_view(), name="client-objection"),
    path("clients/<int:pk>/rights/access/", ClientAccess.as_view(), name="client-access"),
    path("clients/<int:pk>/rights/erase/", EraseClient.as_view(), name="client-erase"),
    path("views/", SavedViewList.as_view(), name="views"),
    path("views/<int:pk>/", ChangeView.as_view(), name="view-change"),
    path("views/<int:pk>/delete/", DeleteView.as_view(), name="view-delete"),
    path("recommendations/outcomes/", Outcomes.as_view(), name="outcomes"),
    path("prospect/", Prospect.as_view(), name="prospect"),
    path("prospect/file/", ProspectFile.as_view(), name="prospect-file"),
    path("map/", MapPage.as_view(), name="map"),
    path("map/visits/", VisitsPage.as_view(), name="visits"),
    path("explorer/", ExplorerPage.as_view(), name="explorer"),
    path("completing/", Completing.as_view(), name="completing"),
    path("places/", PlacesPage.as_view(), name="places"),
    path("places/towns/", TownSuggestions.as_view(), name="place-towns"),
    path("places/<int:pk>/", FixPlace.as_view(), name="place"),
    path("quality/", QualityPage.as_view(), name="quality"),
    path("quality/clients/", CompletenessList.as_view(), name="completeness"),
    path("segments/", SegmentList.as_view(), name="segments"),
    path("segments/<slug:slug>/", SegmentPage.as_view(), name="segment"),
    path("runs/", RunList.as_view(), name="runs"),
    path("runs/compare/", RunComparison.as_view(), name="run-compare"),
    path("runs/<int:pk>/", RunPage.as_view(), name="run"),
    path("runs/<int:pk>/publish/", PublishRun.as_view(), name="run-publish"),
    path("runs/<int:pk>/movements/", MovementsPage.as_view(), name="run-movements"),
    path("runs/jobs/<int:pk>/", JobPage.as_view(), name="run-job"),
    path("runs/jobs/<int:pk>/cancel/", CancelJob.as_view(), name="run-job-cancel"),
    path("imports/", ImportList.as_view(), name="imports"),
    path("imports/format/", ImportFormat.as_view(), name="import-format"),
    path("imports/template/<str:wanted>/", ImportTemplate.as_view(), name="import-template"),
    path("imports/clients/", ImportableExport.as_view(), name="import-export"),
    path("imports/<int:pk>/", ImportPage.as_view(), name="import"),
    path("imports/<int:pk>/columns/", ImportColumns.as_view(), name="import-columns"),
    path("imports/<int:pk>/confirm/", ConfirmImport.as_view(), name="import-confirm"),
    path("imports/<int:pk>/drop/", DropImport.as_view(), name="import-drop"),
    path("imports/<int:pk>/undo/", UndoImport.as_view(), name="import-undo"),
    path("imports/<int:pk>/rejected/", RejectedRows.as_view(), name="import-rejected"),
    path("sync/", SyncList.as_view(), name="syncs"),
    path("sync/<int:pk>/", SyncPage.as_view(), name="sync"),
    path("conflicts/", Conflicts.as_view(), name="conflicts"),
    path("doubles/", DoubleList.as_view(), name="doubles"),
    path("doubles/search/", SearchDoubles.as_view(), name="doubles-search"),
    path("doubles/<int:first>/<int:second>/", Compare.as_view(), name="doubles-compare"),
    path("doubles/<int:first>/<int:second>/aside/", SetAside.as_view(), name="doubles-aside"),
    path("doubles/merges/<int:pk>/", MergePage.as_view(), name="doubles-merge"),
    path("doubles/merges/<int:pk>/undo/", UndoMerge.as_view(), name="doubles-undo"),
    path("help/", Help.as_view(), name="help"),
    path("help/style/", StyleGuide.as_view(), name="style"),
    path("api/", include("dignamik.api")),
    path("language/", choose, name="set_language"),
    path("login/", Login.as_view(), name="login"),
    path("login/code/", LoginCode.as_view(), name="login-code"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/forgotten/", Forgotten.as_view(), name="password-forgotten"),
    path("password/asked/", Asked.as_view(), name="password-asked"),
    path("password/<uidb64>/<token>/", ChoosePassword.as_view(), name="password-choose"),
    path("account/confirm/", Confirm.as_view(), name="confirm"),
    path("account/password/", ChangePassword.as_view(), name="password"),
    path("account/security/", Security.as_view(), name="security"),
    path("account/security/set-up/", SetUp.as_view(), name="second-factor"),
    path("account/security/codes/", NewCodes.as_view(), name="recovery-codes"),
    path("account/security/off/", TurnOff.as_view(), name="second-factor-off"),
    path("account/tokens/", Tokens.as_view(), name="tokens"),
    path("account/tokens/<int:pk>/revoke/", RevokeToken.as_view(), name="token-revoke"),
    # The admin's own two would ask for no code, and would try passwords without end.
    path("admin/login/", AdminLogin.as_view(), name="admin-login"),
    path("admin/password_change/", RedirectView.as_view(pattern_name="password"), name="admin-password"),
    path("admin/", admin.site.urls),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]
