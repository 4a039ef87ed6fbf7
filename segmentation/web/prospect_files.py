"""A file of businesses that are not clients yet, placed in one go. Nothing of it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.generic import View

from clients.intake.errors import IntakeError
from clients.intake.files.columns import recognise
from clients.intake.files.reading import read_content
from clients.intake.files.rows import Rejected, understand
from clients.objecting import objected_among
from dignamik.foundation.downloads import send
from dignamik.foundation.exporting import Column, Sheet
from dignamik.foundation.pages import RolePage
from segmentation.advice.advising import Playbook, for_business
from segmentation.advice.facts import of_business
from segmentation.disclosure import figures_are_open
from segmentation.engine.errors import DocumentError
from segmentation.models import Assignment, Run
from segmentation.runs.placing import Placement
from segmentation.runs.prospecting import Business, business_of, place_many
from segmentation.web.advice import READS
from segmentation.web.prospects import OBJECTED, UNREADABLE, YET
from segmentation.web.reading import ReadsRun, labels_of

MOST_ROWS = 2_000
MOST_BYTES = 5_000_000
SHOWN = 200
NO_RUN = gettext_lazy("Le premier calcul n’a pas encore été publié\u00a0: il n’y a pas où placer ces entreprises.")


class FileForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("Fichier CSV ou XLSX"), allow_empty_file=True)

    def clean_file(self) -> bytes:
        sent = self.cleaned_data["file"]
        if sent.size > MOST_BYTES:
            raise forms.ValidationError(
                _("Ce fichier dépasse %(size)s Mo\u00a0: découpez-le.") % {"size": MOST_BYTES // 1_000_000}
            )
        content: bytes = sent.read()
        return content


@dataclass(frozen=True)
class Line:
    """One business with its place, what is missing in words, and the first play ("" where there is none)."""

    business: Business
    place: Placement
    missing: Sequence[str]
    play: str
    reason: str

    @property
    def standing(self) -> str:
        return str(Assignment.Standing(self.place.standing).label)


@dataclass(frozen=True)
class Answer:
    lines: Sequence[Line]
    rejected: Sequence[Rejected]

    @property
    def shown(self) -> Sequence[Line]:
        return self.lines[:SHOWN]


COLUMNS: tuple[Column[Line], ...] = (
    Column("Nom", lambda line: line.business.name, 36),
    Column("Ville", lambda line: line.business.city, 24),
    Column("Segment", lambda line: line.place.segment.name if line.place.segment else None, 36),
    Column("Classement", lambda line: line.standing, 16),
    Column("Marge", lambda line: None if line.place.margin is None else round(line.place.margin, 3), 9),
    Column("Données inconnues", lambda line: ", ".join(line.missing), 40),
    Column("Première action", lambda line: line.play, 36),
    Column("Raison", lambda line: line.reason, 50),
)


def answer(content: bytes, run: Run, *, quoted: bool) -> Answer:
    """Read, place and advise every row. Raises IntakeError on an unusable file, DocumentError on an unusable run."""
    table = read_content(content)
    if len(table.rows) > MOST_ROWS:
        raise IntakeError(
            _("Ce fichier compte %(rows)s lignes\u00a0: %(most)s au plus à la fois.")
            % {"rows": len(table.rows), "most": MOST_ROWS}
        )
    understood = understand(table, recognise(table.headings, dates_from_1904=table.dates_from_1904))
    objected = objected_among(understood.facts)
    refused = [Rejected(understood.lines[at], "", "", str(OBJECTED)) for at in sorted(objected)]
    businesses = [business_of(fact) for at, fact in enumerate(understood.facts) if at not in objected]
    labels = labels_of(run.recipe)
    playbook = Playbook.of(run, quoted=quoted)
    lines = [
        _line(business, place, playbook, labels)
        for business, place in zip(businesses, place_many(businesses, run), strict=True)
    ]
    return Answer(lines, [*understood.rejected, *refused])


def _line(business: Business, place: Placement, playbook: Playbook, labels: dict[str, str]) -> Line:
    plays = for_business(playbook, place.segment, of_business(business.facts)) if place.segment else []
    missing = [str(YET.get(name, labels.get(name, name))) for name in place.unknown]
    title, reason = (plays[0].play.title, plays[0].reason) if plays else ("", "")
    return Line(business, place, missing, title, reason)


class ProspectFile(ReadsRun, RolePage, View):
    """POST answers with a page and keeps nothing: a file has no address to come back to."""

    permission_required = ("clients.view_client", "segmentation.view_segment", READS)

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self.shown(FileForm())

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = FileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.shown(form)
        if self.run is None:
            form.add_error(None, NO_RUN)
            return self.shown(form)
        run = Run.objects.get(pk=self.run.pk)
        exported = request.POST.get("export") == "csv"
        try:
            with translation.override("fr" if exported else get_language()):  # a file is French
                found = answer(form.cleaned_data["file"], run, quoted=figures_are_open(run, request.user))
        except IntakeError as problem:
            form.add_error("file", str(problem))
        except DocumentError:
            form.add_error(None, UNREADABLE)
        else:
            if exported:
                sheet = Sheet("prospects", COLUMNS, iter(found.lines))
                return send(request, sheet, "csv", rows=len(found.lines))
            return self.shown(form, found)
        return self.shown(form)

    def shown(self, form: FileForm, found: Answer | None = None) -> HttpResponseBase:
        context = {"form": form, "answer": found, "most": MOST_ROWS, "limit": SHOWN, **self.run_context()}
        status = 400 if form.is_bound and form.errors else 200
        return render(self.request, "segmentation/prospect_file.html", context, status=status)
