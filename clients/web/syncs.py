"""Following the internal database: what each attempt did, how fresh the mirror is, and asking for another one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from croniter import croniter
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from django.views.generic import DetailView, ListView

from clients.confidential import sees_contact_details
from clients.intake.source.connecting import place
from clients.intake.source.mapping import DEFAULT
from clients.intake.source.working import request_sync
from clients.models import Demo, SourceSync
from clients.syncs import attempts, mirror, pending
from clients.telling import label_of
from clients.web.preview import SILENCE
from dignamik.foundation.locks import Busy
from dignamik.foundation.models import Job
from dignamik.foundation.pages import RolePage

READS, ASKS = "clients.view_sourcesync", "clients.add_sourcesync"
SYNCS_A_PAGE, ROWS_A_PAGE = 25, 50
ASKED = _("Synchronisation demandée\u00a0: un exécutant s’en charge.")
ALREADY = _("Une synchronisation est déjà demandée ou en cours.")
NOT_HERE = _("Aucune base interne n’est configurée\u00a0: il n’y a rien à synchroniser.")
BESIDE_DEMO = _("Cette base contient la démonstration\u00a0: de vrais clients demandent une base sans elle.")


class SyncList(RolePage, ListView):  # type: ignore[type-arg]
    """All attempts, latest first; a POST asks for one. While one is pending, htmx asks for that part alone."""

    template_name = "clients/syncs/list.html"
    context_object_name = "syncs"
    paginate_by = SYNCS_A_PAGE
    request: HttpRequest

    def has_permission(self) -> bool:
        needed = [READS, *([ASKS] if self.request.method == "POST" else [])]
        return self.request.user.has_perms(needed)

    def get_queryset(self) -> QuerySet[SourceSync]:
        return attempts()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        alone = request.headers.get("HX-Request") == "true"
        if alone:
            self.template_name = "clients/syncs/_pending.html"
        response: HttpResponse = super().get(request, *args, **kwargs)
        if alone and pending() is None:
            response.headers["HX-Refresh"] = "true"  # the worker is done: the whole page has changed
        patch_vary_headers(response, ["HX-Request"])
        return response

    def post(self, request: HttpRequest) -> HttpResponseRedirect:
        refusal = why_not()
        if refusal:
            messages.error(request, refusal)
        elif ask(request, force=request.POST.get("force") == "yes"):
            messages.success(request, ASKED)
        else:
            messages.info(request, ALREADY)
        return HttpResponseRedirect(reverse("syncs"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        job = pending()
        waits = job is not None and job.state == Job.State.QUEUED
        return super().get_context_data(**kwargs) | mirror() | {
            "job": job,
            "silent": waits and job is not None and timezone.now() - job.asked_at > SILENCE,
            "place": place() if settings.SOURCE_DATABASE_URL else "",
            "mapping": settings.SOURCE_MAPPING or DEFAULT,
            "next_at": next_tick(),
            "may_ask": self.request.user.has_perm(ASKS) and not why_not(),
            "is_demo": Demo.objects.exists(),
        }  # fmt: skip


class SyncPage(RolePage, DetailView):  # type: ignore[type-arg]
    """One attempt: its counts, what it refused and what it did not overwrite."""

    permission_required = READS
    template_name = "clients/syncs/sync.html"
    context_object_name = "sync"
    queryset = SourceSync.objects.select_related("by")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sync: SourceSync = self.object
        rows = Paginator(sync.rejected, ROWS_A_PAGE).get_page(self.request.GET.get("page"))
        conflicts = [conflict | {"label": label_of(conflict["field"])} for conflict in sync.conflicts[:ROWS_A_PAGE]]
        sees_values = sees_contact_details(self.request.user)  # e-mails and telephones are among them
        return super().get_context_data(**kwargs) | {"rows": rows, "conflicts": conflicts, "sees_values": sees_values}


def why_not() -> Any:
    """Why no sync can be asked for here, as a sentence; "" when it can."""
    if not settings.SOURCE_DATABASE_URL:
        return NOT_HERE
    return BESIDE_DEMO if Demo.objects.exists() else ""


def ask(request: HttpRequest, *, force: bool) -> Job | None:
    """Queue a sync for whoever asks; None when another one is pending or being asked for."""
    try:
        return request_sync(by=request.user, trigger=Job.Trigger.WEB, force=force)
    except Busy:
        return None


def next_tick() -> datetime | None:
    """When the schedule will ask for a sync by itself."""
    if not settings.SYNC_SCHEDULE:
        return None
    found: datetime = croniter(settings.SYNC_SCHEDULE, timezone.localtime()).get_next(datetime)
    return found
