"""Acting on rows of the list: ticked ones, or all that the filters leave.

What was chosen stands in the address: `client=` for each ticked row, or `all=1` with the list's own query string. A
page says how many that is before anything is written; if the rows have changed by then, it asks again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients import recording
from clients.filters import NOBODY, is_key
from clients.models import Client
from clients.querysets import ClientQuerySet
from dignamik.foundation import roles
from dignamik.foundation.auditing import Kind, note
from dignamik.foundation.downloads import send
from dignamik.foundation.exporting import FORMATS, Sheet
from dignamik.foundation.filterbar import ORDERING
from dignamik.foundation.listing import EXPORT_CHUNK
from dignamik.foundation.templatetags.figures import noun
from segmentation.advice.advising import Playbook, counts
from segmentation.advice.deciding import FARTHEST, CannotDecide
from segmentation.advice.planning import LeftOut, Planning, plan
from segmentation.disclosure import figures_are_open
from segmentation.models import Play
from segmentation.web.portfolio import ASSIGN, PLAN, Portfolio, actions_of

OWN_NAMES = ("act", "client", "all")
# One client, several.
WHY = {
    LeftOut.NOT_TO_CONTACT: (
        gettext_lazy("a demandé à ne pas être sollicité"),
        gettext_lazy("ont demandé à ne pas être sollicités"),
    ),
    LeftOut.DECIDED: (gettext_lazy("a déjà une décision en vigueur"), gettext_lazy("ont déjà une décision en vigueur")),
    LeftOut.NOT_CONCERNED: (gettext_lazy("n’est pas concerné"), gettext_lazy("ne sont pas concernés")),
}
NAMED = 5  # chosen clients named on the page that asks


@dataclass(frozen=True)
class PlayChoice:
    """A play, and how many of the chosen clients it is proposed to now."""

    play: Play
    clients: int


class PlanForm(forms.Form):
    play = forms.ModelChoiceField(label=gettext_lazy("Action"), queryset=Play.objects.filter(active=True))
    until = forms.DateField(label=gettext_lazy("Pour le"), required=False)


class AssignForm(forms.Form):
    manager = forms.CharField(label=gettext_lazy("Chargé·e de compte"), max_length=150)

    def clean_manager(self) -> Any:
        """A user, or None for nobody."""
        name = self.cleaned_data["manager"]
        found = None if name == NOBODY else managers().filter(username=name).first()
        if found is None and name != NOBODY:
            raise forms.ValidationError(_("Choisissez une personne de la liste."))
        return found


def managers() -> Any:
    """Those who may look after clients."""
    keepers = (roles.ACCOUNT_MANAGER, roles.HEAD_OF_SALES)
    users = get_user_model().objects.filter(is_active=True, groups__name__in=keepers)
    return users.distinct().order_by("first_name", "last_name", "username")


class Batch(Portfolio):
    """GET asks or exports, POST writes. Rows that are not the reader's make the whole choice absent."""

    http_method_names = ["get", "head", "options", "post"]
    template_name = "segmentation/batch.html"

    @cached_property
    def query(self) -> QueryDict:
        """What the list's filters say; the batch's own names are not theirs."""
        said = self.request.GET.copy()
        for name in OWN_NAMES:
            said.pop(name, None)
        if self.act in FORMATS:
            said["export"] = self.act
        return said

    @property
    def act(self) -> str:
        return self.request.GET.get("act", "")

    @property
    def takes_all(self) -> bool:
        return self.request.GET.get("all") == "1"

    @cached_property
    def rows(self) -> Any:
        """The chosen clients, sorted as the list is. Raises Http404 unless each ticked one is the reader's."""
        if self.takes_all:
            return self.filterset.qs
        ticked = set(self.request.GET.getlist("client"))
        if not all(map(is_key, ticked)):
            raise Http404
        sorting = QueryDict(mutable=True)
        sorting.setlist(ORDERING, self.query.getlist(ORDERING))
        found = self.filtered_by(sorting).qs.filter(pk__in={int(pk) for pk in ticked})
        if found.count() != len({int(pk) for pk in ticked}):
            raise Http404
        return found

    @cached_property
    def clients(self) -> ClientQuerySet:
        """The same clients, bare."""
        return Client.objects.visible_to(self.request.user).filter(pk__in=self.rows.order_by().values("pk"))

    @cached_property
    def seen(self) -> str:
        """A mark of exactly these clients: another choice has another one."""
        pks = sorted(self.clients.order_by().values_list("pk", flat=True))
        return f"{len(pks)}-{hashlib.sha256(repr(pks).encode()).hexdigest()[:16]}"

    @property
    def count(self) -> int:
        return int(self.seen.partition("-")[0])

    @property
    def list_url(self) -> str:
        return self.address(reverse("clients"))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refused = self.refusal()
        if refused is not None:
            return refused
        if self.act in FORMATS:
            rows = self.rows.iterator(chunk_size=EXPORT_CHUNK)
            chosen = self.filterset.told() if self.takes_all else {"client": None}
            sheet = Sheet(self.export_name, self.export_columns(), rows)
            return send(request, sheet, self.act, rows=self.count, filters=chosen)
        return render(request, self.template_name, {"batch": self, **self.run_context(), **self.offered()})

    def post(self, request: HttpRequest) -> HttpResponseBase:
        refused = self.refusal()
        if refused is not None:
            return refused
        if self.act in FORMATS:
            return render(request, "400.html", {"problems": [_("Un export ne s’envoie pas.")]}, status=400)
        with transaction.atomic():
            if request.POST.get("seen") != self.seen:
                messages.warning(
                    request,
                    _(
                        "Rien n’a été enregistré\u00a0: ces clients ont changé depuis. Vérifiez leur nombre et "
                        "confirmez."
                    ),
                )
                return HttpResponseRedirect(request.get_full_path())
            done = self.plan() if self.act == PLAN else self.assign()
        return HttpResponseRedirect(self.list_url if done else request.get_full_path())

    def refusal(self) -> HttpResponseBase | None:
        """Why there is nothing to ask, or None. Raises PermissionDenied and Http404."""
        problems = list(self.problems)
        if self.act not in {PLAN, ASSIGN, *FORMATS}:
            problems.append(_("Choisissez ce que vous voulez faire de ces clients."))
        if self.act in {PLAN, ASSIGN} and self.act not in actions_of(self.request.user):
            raise PermissionDenied(self.permission_denied_message)
        if not self.takes_all and not self.request.GET.getlist("client"):
            problems.append(_("Cochez au moins un client, ou choisissez toute la liste."))
        if problems:
            return render(self.request, "400.html", {"problems": problems}, status=400)
        return None

    def offered(self) -> dict[str, Any]:
        """What there is to choose from, on the page that asks."""
        today = timezone.localdate()
        found: dict[str, Any] = {"named": self.rows[:NAMED], "others": max(0, self.count - NAMED), "today": today}
        if self.act == ASSIGN:
            return found | {"managers": managers(), "nobody": NOBODY}
        return found | {"plays": self.plays(), "last_day": today + FARTHEST}

    def playbook(self, plays: Any = None) -> Playbook:
        return Playbook.of(self.run, plays=plays, quoted=figures_are_open(self.run, self.request.user))

    def plays(self) -> Sequence[PlayChoice]:
        """Those that concern some of the chosen clients, the most of them first."""
        book = self.playbook()
        found = counts(book, self.clients)
        choices = [PlayChoice(play, found[play.pk]) for play in book.plays if found[play.pk]]
        return sorted(choices, key=lambda choice: (-choice.clients, choice.play.title))

    def plan(self) -> bool:
        form = PlanForm(self.request.POST)
        if not form.is_valid():
            return self.complain(form)
        play: Play = form.cleaned_data["play"]
        book = self.playbook(Play.objects.filter(pk=play.pk))
        try:
            made = plan(self.clients, play, playbook=book, by=self.request.user, until=form.cleaned_data["until"])
        except CannotDecide as refusal:
            messages.error(self.request, _("Rien n’a été enregistré. %(refusal)s") % {"refusal": refusal})
            return False
        note(Kind.BATCH, self.request, about=play, count=made.planned, chosen=self.count)
        messages.success(self.request, in_words(made, play))
        return True

    def assign(self) -> bool:
        form = AssignForm(self.request.POST)
        if not form.is_valid():
            return self.complain(form)
        manager = form.cleaned_data["manager"]
        moved = recording.assign(self.clients.values_list("pk", flat=True), manager, user=self.request.user)
        whom = (manager.get_full_name() or manager.get_username()) if manager else ""
        stayed = self.count - moved
        text = (
            _("%(moved)s à présent chez %(whom)s.") % {"moved": clients_in_words(moved), "whom": whom}
            if manager
            else _("%(moved)s à présent sans chargé de compte.") % {"moved": clients_in_words(moved)}
        )
        if stayed:
            already = _(" %(stayed)s l’étaient déjà.") if stayed > 1 else _(" %(stayed)s l’était déjà.")
            text += already % {"stayed": clients_in_words(stayed)}
        messages.success(self.request, text)
        return True

    def complain(self, form: forms.Form) -> bool:
        said = [
            _("%(label)s\u00a0: %(value)s") % {"label": form[name].label, "value": text}
            for name, all_ in form.errors.items()
            for text in all_
        ]
        messages.error(self.request, _("Rien n’a été enregistré. ") + " ".join(said))
        return False


def clients_in_words(count: int) -> str:
    return f"{count} {noun(count, 'client,clients')}"


def in_words(made: Planning, play: Play) -> str:
    """What came of planning, with why some clients were left out."""
    text = _("«\u00a0%(title)s\u00a0» planifiée pour %(planned)s.") % {
        "title": play.title,
        "planned": clients_in_words(made.planned),
    }
    if made.left_out:
        why = ", ".join(f"{count} {WHY[reason][count > 1]}" for reason, count in made.left_out.items())
        text += _(" Pas pour les autres\u00a0: %(why)s.") % {"why": why}
    return text
