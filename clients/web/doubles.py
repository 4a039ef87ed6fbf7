"""Doubles: pairs to judge, two clients side by side, what a merge did, and the way back; `segmentation` extends it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.generic import ListView, View

from clients import merging, unmerging
from clients.choosing import Line, propose
from clients.confidential import SEES_CONTACT_DETAILS
from clients.dedupe import searching
from clients.dedupe.comparing import LIKELY, LOWEST, SURE
from clients.dedupe.wording import in_words, level
from clients.duplicates import DuplicatePair, DuplicateSearch, Merge
from clients.merging import CannotMerge
from clients.models import Client
from clients.web.sides import hung, moved, said
from dignamik.foundation.locks import Busy
from dignamik.foundation.pages import RolePage

MERGES = "clients.add_merge"
PAIRS_A_PAGE = 25
MERGES_SHOWN = 10
CHOICE = "choose-"
Merges = Callable[..., Merge]


class DoublesPage(RolePage):
    """Every page of doubles: who may merge clients."""

    request: HttpRequest
    permission_required = ("clients.view_client", MERGES, SEES_CONTACT_DETAILS)  # both clients, field by field

    def pair(self, first: int, second: int) -> tuple[Client, Client]:
        """Both, if this person sees both; else as if there were none."""
        related = Client.objects.visible_to(self.request.user).select_related("category", "account_manager")
        found = related.prefetch_related("readings", "turnovers", "held_services")
        one, two = (get_object_or_404(found, pk=pk) for pk in (first, second))
        if one == two:
            raise Http404
        return one, two


@dataclass(frozen=True)
class Row:
    """One pair of the list. `kept`: whom a merge would keep unless told otherwise."""

    kept: Client
    other: Client
    score: int
    level: str
    reasons: Sequence[str]


class DoubleList(DoublesPage, ListView):  # type: ignore[type-arg]
    """Pairs by how alike they are, and the latest merges."""

    template_name = "clients/doubles/list.html"
    context_object_name = "pairs"
    paginate_by = PAIRS_A_PAGE

    @cached_property
    def lowest(self) -> str:
        asked = self.request.GET.get("score", str(LOWEST))
        if asked not in levels():
            raise Http404
        return asked

    def get_queryset(self) -> QuerySet[DuplicatePair]:
        pairs = searching.pairs_for(self.request.user).filter(score__gte=int(self.lowest))
        return pairs.select_related(
            "first__category", "second__category", "first__account_manager", "second__account_manager"
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        seen = Client.objects.visible_to(self.request.user)
        merges = Merge.objects.filter(kept__in=seen).defer("rows").select_related("by", "undone_by", "kept")
        return context | {
            "rows": [_row(pair) for pair in context["pairs"]],
            "lowest": self.lowest,
            "levels": levels().items(),
            "search": DuplicateSearch.objects.first(),
            "is_behind": searching.is_behind(),
            "merges": merges[:MERGES_SHOWN],
            "query": "" if self.lowest == str(LOWEST) else f"score={self.lowest}&",
        }


class SearchDoubles(DoublesPage, View):
    """Look for doubles now; where the base is large, the worker does."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponseRedirect:
        if Client.objects.present().count() > searching.AT_ONCE:
            searching.ask_for_search()
            messages.info(request, _("Un exécutant cherchera les doublons dans un instant."))
        else:
            try:
                searching.search()
            except Busy:
                messages.info(request, _("Une recherche est déjà en cours\u00a0: rechargez la page dans un instant."))
        return HttpResponseRedirect(reverse("doubles"))


class Compare(DoublesPage, View):
    """Two clients side by side, `first` to be kept. A POST merges `second` into it."""

    http_method_names = ["get", "head", "post"]
    merge: Merges = staticmethod(merging.merge)
    derived: Collection[str] = ()

    def get(self, request: HttpRequest, first: int, second: int) -> HttpResponse:
        return self.shown(first, second)

    def post(self, request: HttpRequest, first: int, second: int) -> HttpResponse:
        kept, other = self.pair(first, second)
        chosen = {
            name.removeprefix(CHOICE): str(value) for name, value in request.POST.items() if name.startswith(CHOICE)
        }
        if request.POST.get("confirm") != "yes":
            return self.shown(
                first, second, chosen, _("Cochez la case qui confirme qu’il s’agit d’une seule entreprise.")
            )
        try:
            made = self.merge(kept.pk, other.pk, chosen, by=request.user, version=request.POST.get("version", ""))
        except CannotMerge as problem:
            return self.shown(first, second, {}, str(problem))
        done = _("«\u00a0%(other)s\u00a0» est réuni à «\u00a0%(kept)s\u00a0».")
        words = done % {"other": made.other_name, "kept": made.kept_name}
        link = '{} <a href="{}">{}</a>'
        messages.success(request, format_html(link, words, made.get_absolute_url(), _("Voir la fusion ou l’annuler")))
        return redirect(kept)

    def shown(self, first: int, second: int, chosen: dict[str, str] | None = None, problem: str = "") -> HttpResponse:
        kept, other = self.pair(first, second)
        proposal, likeness = propose(kept, other), searching.likeness_of(kept, other)
        context = {
            "kept": kept,
            "other": other,
            "hung": hung(kept, other, self.derived),
            "fields": [_shown(line, kept, other, chosen or {}) for line in proposal.fields],
            "figures": [_shown(line, kept, other, chosen or {}) for line in proposal.figures],
            "version": proposal.version,
            "score": likeness.score,
            "level": level(likeness.score) if likeness.score >= LOWEST else "",
            "reasons": in_words(likeness.reasons),
            "is_set_aside": searching.is_set_aside(kept, other),
            "problem": problem,
        }
        return render(self.request, "clients/doubles/compare.html", context, status=400 if problem else 200)


class SetAside(DoublesPage, View):
    """These two are two."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, first: int, second: int) -> HttpResponseRedirect:
        one, two = self.pair(first, second)
        searching.set_aside(one, two, by=request.user)
        words = _(
            "«\u00a0%(one)s\u00a0» et «\u00a0%(two)s\u00a0» sont deux clients\u00a0: la paire ne sera plus proposée."
        )
        messages.success(request, words % {"one": one.name, "two": two.name})
        return HttpResponseRedirect(reverse("doubles"))


class OfMerge(DoublesPage):
    """A merge whose kept client this person sees."""

    def found(self, pk: int) -> Merge:
        seen = Client.objects.visible_to(self.request.user)
        related = Merge.objects.select_related("kept", "other", "by", "undone_by")
        try:
            return related.get(pk=pk, kept__in=seen)
        except Merge.DoesNotExist:
            raise Http404 from None


class MergePage(OfMerge, View):
    """What a merge brought together, and whether it can be taken back."""

    http_method_names = ["get", "head"]
    derived: Collection[str] = ()

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        made = self.found(pk)
        changed = unmerging.what_changed_since(made, self.derived) if made.undone_at is None else []
        context = {"merge": made, "moved": moved(made, self.derived), "changed": changed}
        return render(request, "clients/doubles/merge.html", context)


class UndoMerge(OfMerge, View):
    """Take a merge back; what was changed since is named, and then nothing is taken back."""

    http_method_names = ["post"]
    undo: Merges = staticmethod(unmerging.undo)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        made = self.found(pk)
        try:
            self.undo(made.pk, by=request.user)
        except CannotMerge as problem:
            messages.error(request, str(problem))
        else:
            words = _(
                "Fusion annulée\u00a0: «\u00a0%(kept)s\u00a0» et «\u00a0%(other)s\u00a0» sont de nouveau deux clients."
            )
            messages.success(request, words % {"kept": made.kept_name, "other": made.other_name})
        return redirect(made)


# --- As people read it -----------------------------------------------------------------------------------------------


def levels() -> dict[str, str]:
    """What the list is cut down to: the lowest score, as the address says it, and its name."""
    return {str(LOWEST): _("Tous"), str(LIKELY): _("Probables"), str(SURE): _("Presque sûrs")}


@dataclass(frozen=True)
class Choice:
    """One line of the comparison. `options`: (value, words, chosen)."""

    name: str
    label: str
    differs: bool
    kept: str
    other: str
    options: Sequence[tuple[str, str, bool]]


def _shown(line: Line, kept: Client, other: Client, chosen: dict[str, str]) -> Choice:
    ours, theirs = said(line.name, line.kept, kept), said(line.name, line.other, other)
    taken = chosen.get(line.name, line.default)
    words = {"kept": ours, "other": theirs, "both": _("les deux, l’une après l’autre")}
    options = [(option, words[option], option == taken) for option in line.options]
    return Choice(line.name, line.label, line.differs, ours, theirs, options if line.differs else ())


def _row(pair: DuplicatePair) -> Row:
    """Kept by default: whom a source knows, else who is told more about, else who came first."""
    first, second = pair.first, pair.second
    kept, other = (first, second) if _weight(first) >= _weight(second) else (second, first)
    return Row(kept, other, pair.score, level(pair.score), in_words(pair.reasons))


def _weight(client: Client) -> tuple[bool, int]:
    values = (client.email, client.phone, client.address, client.website, client.category_id, client.turnover,
              client.followers, client.account_manager_id, client.client_since, client.notes)  # fmt: skip
    return client.source_id is not None, sum(value not in (None, "") for value in values)
