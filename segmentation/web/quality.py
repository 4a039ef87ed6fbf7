"""The quality of the reader's data: what is unknown, what is hard to believe, what came in; each figure a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from clients.completeness import LACKS, NETWORKS, facts_for, known_facts, missing_of
from clients.confidential import SEES_CONTACT_DETAILS
from clients.conflicts import open_conflicts
from clients.dedupe.searching import count_doubles
from clients.duplicates import DuplicateSearch
from clients.imports import OPEN
from clients.models import Client, FileImport
from clients.plausibility import ANY, OLD, STALE_MONTHS, WRONG
from clients.querysets import SEES_EVERYTHING, ClientQuerySet
from clients.syncs import mirror
from clients.web.conflicts import READS as SEES_CONFLICTS
from clients.web.doubles import MERGES
from clients.web.tables import ROW_FIELDS, ClientTable
from clients.web.views import ClientList
from dignamik.foundation.filtering import StableOrdering
from dignamik.foundation.pages import RolePage
from dignamik.foundation.templatetags.figures import bar
from segmentation.filters import FAR, PortfolioFilter
from segmentation.models import QualitySnapshot
from segmentation.querysets import with_segment
from segmentation.runs.watching import Quality, quality_of
from segmentation.web.quality_trend import trend
from segmentation.web.reading import ReadsRun

IMPORTS_SHOWN = 5
WORST_SHOWN = 5
DAYS_SHOWN = 400
SEES_IMPORTS = "clients.view_fileimport"
EXPLAINED: Mapping[str, Any] = {
    "far_turnover": gettext_lazy("plus de dix fois plus, ou moins, que la plupart des clients du même segment"),
    "far_followers": gettext_lazy("plus de dix fois plus, ou moins, que la plupart des clients du même segment"),
    "negative": gettext_lazy("possible avec des avoirs, sinon à corriger"),
    "future": gettext_lazy("date de début, relevé, service ou chiffre d’affaires daté d’après aujourd’hui"),
    "position": gettext_lazy("latitude et longitude inversées, ou d’une autre adresse"),
}


@dataclass(frozen=True)
class Known:
    """Of how many clients one fact is known; `url` lists those of whom it is not."""

    label: Any
    known: int
    unknown: int
    share: float | None
    url: str


@dataclass(frozen=True)
class Counted:
    """A figure, what it counts, and where that is listed."""

    label: Any
    count: int | None  # None: nobody has counted yet
    url: str
    says: Any = ""


def files_to_decide(user: Any) -> Counted | None:
    if not user.has_perms((SEES_IMPORTS, SEES_CONTACT_DETAILS)):
        return None
    waiting = FileImport.objects.filter(state__in=OPEN).count()
    return Counted(_("fichiers à compléter ou à confirmer"), waiting, reverse("imports"))


def doubles_to_judge(user: Any) -> Counted | None:
    if not user.has_perms((MERGES, SEES_CONTACT_DETAILS)):
        return None
    searched = DuplicateSearch.objects.exists()
    says = "" if searched else _("les doublons n’ont pas encore été cherchés")
    return Counted(
        _("paires de fiches qui se ressemblent"), count_doubles(user) if searched else None, reverse("doubles"), says
    )


def conflicts_to_settle(user: Any) -> Counted | None:
    if not user.has_perms((SEES_CONFLICTS, SEES_CONTACT_DETAILS)):
        return None
    waiting = open_conflicts(Client.objects.visible_to(user)).count()
    return Counted(_("Désaccords avec la base interne"), waiting, reverse("conflicts"))


COUNTERS: Sequence[Callable[[Any], Counted | None]] = (files_to_decide, doubles_to_judge, conflicts_to_settle)
"""What else waits for somebody: of a user, a figure with its list, or None for who may not open it."""


class QualityPage(ReadsRun, RolePage, TemplateView):
    """Over the reader's own visible clients; the days behind us are the whole base's, for who sees all of it."""

    permission_required = ("clients.view_client", "segmentation.view_segment")
    template_name = "segmentation/quality.html"
    http_method_names = ["get", "head", "options"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        mine = Client.objects.visible_to(user)
        facts = facts_for(user)
        found = quality_of(mine, self.run, self.request, facts)
        return super().get_context_data(**kwargs) | self.run_context() | {
            "quality": found,
            "facts": [_known(found, name) for name in facts],
            "networks": [_known(found, name) for name in NETWORKS],
            "wrong": [_wrong(found, kind, label) for kind, label in {**FAR, **WRONG}.items()],
            "old": [_wrong(found, kind, label) for kind, label in OLD.items()],
            "any_wrong": found.wrong[ANY],
            "stale_months": STALE_MONTHS,
            "worst": worst_first(mine, facts)[:WORST_SHOWN],
            "facts_of_each": len(facts),
            "counters": [item for item in (counter(user) for counter in COUNTERS) if item],
            "imports": self.imports(),
            "mirror": mirror(),
            "sees_imports": user.has_perm(SEES_IMPORTS),
            "whole_base": user.has_perm(SEES_EVERYTHING),
            **self.days(),
        }  # fmt: skip

    def imports(self) -> Sequence[FileImport]:
        """The latest that wrote something."""
        if not self.request.user.has_perm(SEES_IMPORTS):
            return ()
        done = FileImport.objects.filter(done_at__isnull=False).select_related("done_by").order_by("-done_at")
        return list(done.defer("rejected", "repeated", "unplaced", "headings", "notes")[:IMPORTS_SHOWN])

    def days(self) -> dict[str, Any]:
        if not self.request.user.has_perm(SEES_EVERYTHING):
            return {}
        days = list(QualitySnapshot.objects.order_by("-day")[:DAYS_SHOWN])[::-1]
        return {"trend": trend(days), "last_day": days[-1] if days else None}


def worst_first(clients: ClientQuerySet, facts: Iterable[str]) -> QuerySet[Client]:
    """With `known`, how many of these facts are known of each; those of whom least is known come first."""
    return clients.annotate(known=known_facts(facts)).order_by("known", "name_folded", "pk")


def _known(found: Quality, name: str) -> Known:
    unknown = found.unknown[name]
    share = (found.clients - unknown) / found.clients if found.clients else None
    return Known(LACKS[name], found.clients - unknown, unknown, share, f"{reverse('clients')}?lacks={name}")


def _wrong(found: Quality, kind: str, label: Any) -> Counted:
    return Counted(label, found.wrong[kind], f"{reverse('clients')}?implausible={kind}", EXPLAINED.get(kind, ""))


# --- Client by client ------------------------------------------------------------------------------------------------


class CompletenessFilter(PortfolioFilter):
    """Also sorts by how much is known."""

    ordering = StableOrdering(label=gettext_lazy("Tri"), fields={**PortfolioFilter.ORDERINGS, "known": "known"})


class CompletenessTable(ClientTable):
    """What is known of each client, and what is not."""

    known = tables.Column(verbose_name=gettext_lazy("Complétude"), attrs={"td": {"class": "completeness"}})
    missing = tables.Column(
        verbose_name=gettext_lazy("Données inconnues"), empty_values=(), attrs={"td": {"class": "cell-wide"}}
    )

    class Meta(ClientTable.Meta):
        sequence = ("name", "known", "missing", "...")

    def render_known(self, value: int) -> SafeString:
        of = len(facts_for(self.request.user))
        return format_html("{} {}\u00a0/\u00a0{}", bar(value / of), value, of)

    def render_missing(self, record: Client) -> str:
        facts = facts_for(self.request.user)
        return ", ".join(str(facts[name].label).lower() for name in missing_of(record, facts)) or _("aucune")


class CompletenessList(ReadsRun, ClientList):
    """The reader's clients by how much is known of them, the least known first."""

    permission_required = ("clients.view_client", "segmentation.view_segment")  # type: ignore[assignment]
    filterset_class = CompletenessFilter
    table_class = CompletenessTable
    template_name = "segmentation/completeness.html"
    export_name = "completude"
    extra_columns = ("sector", "client_since", "followers", "turnover", "follow_up", "category", "status")

    def scope(self) -> ClientQuerySet:
        rows = with_segment(super().scope(), self.run)
        facts = facts_for(self.request.user)
        if not self.query.get("export"):
            rows = rows.only(*ROW_FIELDS, *(column for fact in facts.values() for column in fact.unknown))
        return worst_first(rows, facts)  # type: ignore[return-value]

    def context(self) -> dict[str, Any]:
        return self.run_context()
