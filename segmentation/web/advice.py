"""Advice where people meet it: on a client's page, on a segment's page, and the one form that decides on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import View

from clients.models import Client
from dignamik.foundation.pages import RolePage, came_from
from segmentation.advice.advising import Advice, Playbook, counts, for_client
from segmentation.advice.deciding import FARTHEST, LONGEST_COMMENT, CannotDecide, decide
from segmentation.disclosure import figures_are_open
from segmentation.models import Assignment, Decision, Play, Run, Segment
from segmentation.web.reading import ReadsRun

DECIDES = "segmentation.add_decision"
READS = "segmentation.view_play"


# --- Deciding --------------------------------------------------------------------------------------------------------


class DecisionForm(forms.Form):
    play = forms.ModelChoiceField(label=gettext_lazy("Action"), queryset=Play.objects.all())
    kind = forms.ChoiceField(label=gettext_lazy("Décision"), choices=Decision.Kind.choices)
    comment = forms.CharField(label=gettext_lazy("Raison"), required=False, max_length=LONGEST_COMMENT)
    until = forms.DateField(label="Date", required=False)
    outcome = forms.ChoiceField(label=gettext_lazy("Issue"), required=False, choices=Decision.Outcome.choices)


class Decide(ReadsRun, RolePage, View):
    """One decision on one piece of advice; then back to where it was made."""

    permission_required = ("clients.view_client", DECIDES)
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        client = get_object_or_404(Client.objects.visible_to(request.user), pk=pk)
        form = DecisionForm(request.POST)
        if form.is_valid():
            self.decide(client, form.cleaned_data)
        else:
            self.complain(
                _("%(label)s\u00a0: %(value)s") % {"label": form[name].label, "value": text}
                for name, all_ in form.errors.items()
                for text in all_
            )
        return HttpResponseRedirect(came_from(request, client.get_absolute_url()))

    def decide(self, client: Client, said: dict[str, Any]) -> None:
        play: Play = said["play"]
        playbook = Playbook.of(
            self.run, plays=Play.objects.filter(pk=play.pk), quoted=figures_are_open(self.run, self.request.user)
        )
        try:
            made = decide(
                client, play, said["kind"], playbook=playbook, by=self.request.user,
                comment=said["comment"], until=said["until"], outcome=said["outcome"],
            )  # fmt: skip
        except CannotDecide as refusal:
            self.complain([str(refusal)])
            return
        text = _("%(label)s\u00a0: %(value)s") % {
            "label": f"{made.said[0].upper()}{made.said[1:]}",
            "value": play.title,
        }
        where = f"{client.get_absolute_url()}#decisions"
        messages.success(self.request, format_html('{} (<a href="{}">{}</a>).', text, where, client.name))
        if made.outcome == Decision.Outcome.INTERESTED and client.next_follow_up is None:
            log = f"{client.get_absolute_url()}#log"
            messages.info(self.request, format_html(_('<a href="{}">Fixez la date de la relance</a>.'), log))

    def complain(self, sentences: Any) -> None:
        messages.error(self.request, _("Rien n’a été enregistré. ") + " ".join(sentences))


@dataclass(frozen=True)
class Days:
    """The days that the form offers."""

    today: date

    @property
    def tomorrow(self) -> date:
        return self.today + timedelta(days=1)

    @property
    def next_month(self) -> date:
        return self.today + timedelta(days=30)

    @property
    def last(self) -> date:
        return self.today + FARTHEST


def deciding(user: Any) -> dict[str, Any]:
    """What every template with the form of a decision needs."""
    return {
        "may_decide": user.has_perm(DECIDES),
        "days": Days(timezone.localdate()),
        "longest_comment": LONGEST_COMMENT,
        "outcomes": Decision.Outcome.choices,
    }


# --- On a client's page ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Proposal:
    """One piece of advice, and what was decided on the same action before, in this segment or another."""

    advice: Advice
    earlier: Decision | None


@dataclass(frozen=True)
class ClientAdvice:
    """What to do next for one client, what is decided, and what was."""

    proposals: Sequence[Proposal]
    planned: Sequence[Decision]
    others: Sequence[Decision]
    history: Sequence[Decision]


def on_client(client: Client, place: Assignment | None, run: Run | None, user: Any) -> dict[str, Any]:
    """For the client's page; nothing for who may not read the playbook, and nothing of who objects to profiling."""
    if not user.has_perm(READS) or client.profiling_objected_at is not None:
        return {"advice": None}
    decisions = list(client.decisions.select_related("play__segment", "by"))
    in_force = set(Decision.objects.in_force(timezone.localdate()).filter(client=client).values_list("pk", flat=True))
    standing = [decision for decision in decisions if decision.pk in in_force]
    playbook = Playbook.of(
        run if place and place.segment_id else None,
        plays=Play.objects.filter(segment=place.segment_id) if place else None,
        quoted=figures_are_open(run, user),
    )
    # By title: the play of another segment is another row, but for people the same action.
    told = [decision for decision in reversed(decisions) if decision.kind != Decision.Kind.REOPENED]
    earlier = {decision.play.title: decision for decision in told}
    advice = ClientAdvice(
        proposals=[Proposal(item, earlier.get(item.play.title)) for item in for_client(playbook, client)],
        planned=[decision for decision in standing if decision.kind == Decision.Kind.PLANNED],
        others=[decision for decision in standing if decision.kind != Decision.Kind.PLANNED],
        history=[decision for decision in decisions if decision.pk not in in_force],
    )
    return {"advice": advice, **deciding(user)}


# --- On a segment's page ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SegmentPlay:
    """One play, how many of the reader's clients it concerns now, and where they are listed."""

    play: Play
    clients: int
    url: str


def on_segment(segment: Segment, run: Run | None, user: Any) -> list[SegmentPlay]:
    """The plays of a segment, most urgent first."""
    if not user.has_perm(READS):
        return []
    playbook = Playbook.of(run, plays=Play.objects.filter(segment=segment))
    found = counts(playbook, Client.objects.visible_to(user))
    address = reverse("recommendations")
    return [SegmentPlay(play, found[play.pk], f"{address}?{urlencode({'play': play.pk})}") for play in playbook.plays]
