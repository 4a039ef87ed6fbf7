"""One play: its form with what it would do, its versions, and the ways to write it (save, archive, bring back)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import View

from clients.models import Client
from dignamik.foundation.pages import RolePage
from segmentation.advice import versions
from segmentation.advice.effect import Effect, effect, saved_count
from segmentation.disclosure import figures_are_open
from segmentation.models import Play, Segment
from segmentation.web.advice import READS
from segmentation.web.playbook import ADDS, CHANGES, plays_open_to
from segmentation.web.playbook_form import MOST, Draft
from segmentation.web.reading import ReadsRun

LONGEST_NUMBER = 9  # digits of a version


@dataclass(frozen=True)
class Meanwhile:
    """What somebody else saved while this person was writing."""

    version: versions.Version
    changes: Sequence[versions.Difference]


class PlayEditor(ReadsRun, RolePage, View):
    """The page of one play, saved or new. A draft is computed by the same code as a saved play."""

    permission_required: Sequence[str] = ("clients.view_client", READS)
    edits = CHANGES
    name = "play"  # of its address

    @cached_property
    def play(self) -> Play:
        return get_object_or_404(plays_open_to(self.request.user), pk=self.kwargs["pk"])

    @property
    def may_edit(self) -> bool:
        return self.request.user.has_perm(self.edits)

    def check_rights(self) -> None:
        if not self.may_edit:
            raise PermissionDenied(self.permission_denied_message)

    def draft(self, data: Any = None, start: versions.Content | None = None) -> Draft:
        return Draft(copy(self.play), Segment.objects.in_run(self.run), data=data, start=start)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.shown(self.draft(start=self.start()))

    def start(self) -> versions.Content:
        return versions.of_play(self.play)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.check_rights()
        draft = self.draft(request.POST)
        if not draft.is_valid():
            return self.shown(draft, status=400)
        try:
            versions.save(draft.play, draft.conditions, seen=draft.seen, by=request.user)
        except versions.Overtaken as overtaken:
            return self.overtaken(draft, overtaken.now)
        except versions.CannotChange as refusal:
            draft.form.add_error(None, str(refusal))
            return self.shown(draft, status=400)
        messages.success(
            request,
            _("«\u00a0%(title)s\u00a0» est enregistrée, version %(version)s.")
            % {"title": draft.play.title, "version": draft.play.version},
        )
        return HttpResponseRedirect(draft.play.get_absolute_url())

    def overtaken(self, draft: Draft, now: Play) -> HttpResponse:
        """Nothing is lost: what this person wrote stays, what they left alone follows the new version."""
        base, latest = versions.version(now, draft.seen), versions.version(now, now.version)
        current = versions.of_play(now)
        start = versions.merged(base.content, draft.content, current) if base else draft.content
        changes = versions.differences(base.content, current) if base else []
        self.play = now
        return self.shown(self.draft(start=start), status=409, meanwhile=Meanwhile(latest, changes) if latest else None)

    def effect(self, draft: Draft) -> Effect | None:
        """Of what stands in the form; None when that cannot be computed yet."""
        if draft.form.is_bound:
            if not draft.is_computable():
                return None
            conditions = draft.conditions
        elif self.play.segment_id is None or not self.play.service:
            return None
        else:
            conditions = list(self.play.conditions.all())
        mine = Client.objects.visible_to(self.request.user)
        quoted = figures_are_open(self.run, self.request.user)
        found = effect(self.run, draft.play, conditions, mine, quoted=quoted)
        if draft.form.is_bound and self.play.pk:
            return replace(found, before=saved_count(self.run, self.play, mine))
        return found

    def shown(self, draft: Draft, *, status: int = 200, meanwhile: Meanwhile | None = None) -> HttpResponse:
        context = self.about(draft) | {
            "meanwhile": meanwhile,
            "versions": versions.versions(self.play) if self.play.pk else [],
            "conditions": [] if self.may_edit else list(self.play.conditions.all()),
            **self.run_context(),
        }
        return render(self.request, "segmentation/play.html", context, status=status)

    def about(self, draft: Draft) -> dict[str, Any]:
        """What the form and the panel beside it need."""
        return {
            "play": self.play,
            "draft": draft,
            "effect": self.effect(draft),
            "may_edit": self.may_edit,
            "most": MOST,
            "save_url": reverse(self.name, kwargs=self.kwargs),
            "preview_url": reverse(f"{self.name}-preview", kwargs=self.kwargs),
        }


class NewPlay(PlayEditor):
    permission_required = ("clients.view_client", READS, ADDS)
    edits = ADDS
    name = "play-new"

    @cached_property
    def play(self) -> Play:
        return Play()

    def start(self) -> versions.Content:
        """In the segment that the address names, if any."""
        slug, chosen = self.request.GET.get("segment", ""), None
        if slug:
            chosen = next((item for item in Segment.objects.in_run(self.run) if item.slug == slug), None)
            if chosen is None:
                raise Http404(_("Ce segment n’existe pas."))
        play = Play(segment=chosen)
        return versions.Content.of(play, [])


class PreviewPlay(PlayEditor):
    """The same form, computed and not written: only the panel for htmx, the whole page without JavaScript."""

    http_method_names: Sequence[str] = ["post"]

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.check_rights()
        draft = self.draft(request.POST)
        if request.headers.get("HX-Request") == "true":
            return render(request, "segmentation/_play_effect_live.html", self.about(draft))
        return self.shown(draft)


class PreviewNewPlay(PreviewPlay, NewPlay):
    pass


# --- One click -------------------------------------------------------------------------------------------------------


class ChangeOfPlay(ReadsRun, RolePage, View):
    """Something written without the form, guarded by the version that the page showed; then back to it."""

    permission_required = ("clients.view_client", READS, CHANGES)
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        play = get_object_or_404(plays_open_to(request.user), pk=pk)
        try:
            said = self.change(play, request.POST)
        except versions.Overtaken as overtaken:
            latest = versions.version(overtaken.now, overtaken.now.version)
            who = latest.by if latest else versions.HOUSE
            sentence = _(
                "%(who)s a enregistré la version %(version)s entre-temps\u00a0: relisez, puis recommencez."
            ) % {"who": who, "version": overtaken.now.version}
            messages.error(request, _("Rien n’a été modifié. %(sentence)s") % {"sentence": sentence})
        except versions.CannotChange as refusal:
            messages.error(request, _("Rien n’a été modifié. %(refusal)s") % {"refusal": refusal})
        else:
            messages.success(request, said)
        return HttpResponseRedirect(play.get_absolute_url())

    def change(self, play: Play, given: Mapping[str, str]) -> str:
        """Write it, and say so. Raises CannotChange."""
        raise NotImplementedError

    def number(self, given: Mapping[str, str], name: str) -> int:
        text = given.get(name, "")
        if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
            raise versions.CannotChange(_("La demande est incomplète\u00a0: rechargez la page."))
        return int(text)


class ArchivePlay(ChangeOfPlay):
    def change(self, play: Play, given: Mapping[str, str]) -> str:
        active = given.get("active") == "on"
        versions.archive(play, active=active, seen=self.number(given, "seen"), by=self.request.user)
        if active:
            return _("«\u00a0%(title)s\u00a0» est de nouveau proposée.") % {"title": play.title}
        return _(
            "«\u00a0%(title)s\u00a0» est archivée\u00a0: elle n’est plus proposée, les décisions prises restent."
        ) % {"title": play.title}


class RestorePlay(ChangeOfPlay):
    def change(self, play: Play, given: Mapping[str, str]) -> str:
        number = self.number(given, "version")
        versions.restore(play, number, seen=self.number(given, "seen"), by=self.request.user)
        return _("La version %(number)s est remise, comme version %(version)s.") % {
            "number": number,
            "version": play.version,
        }
