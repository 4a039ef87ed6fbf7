"""Imports of files: send one, look at what it would do, decide, take it back; `segmentation` extends them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from django.views.generic import ListView, View

from clients.confidential import SEES_CONTACT_DETAILS
from clients.imports import FileImport
from clients.intake.errors import IntakeError
from clients.intake.files import filing, undoing, working
from clients.intake.files.columns import IGNORE, fact_of
from clients.intake.files.table import MAX_BYTES, MAX_ROWS
from clients.models import Demo
from clients.web.preview import Preview
from dignamik.foundation.downloads import send
from dignamik.foundation.exporting import Column, Sheet
from dignamik.foundation.pages import RolePage

IMPORTS = "clients.add_fileimport"
IMPORTS_A_PAGE = 25
ALREADY_HERE = _("Ce fichier attend déjà votre décision\u00a0: le voici.")
HANDED_OVER = _("Un exécutant s’en charge\u00a0: cette page suit son avancement.")
DONE = _("L’import est dans la base.")
UNDONE = _("L’import est annulé\u00a0: la base dit de nouveau ce qu’elle disait avant lui.")
BUSY = _("Un exécutant travaille déjà sur cet import\u00a0: attendez qu’il ait fini.")


class UploadForm(forms.Form):
    file = forms.FileField(label=_("Fichier CSV ou XLSX"), allow_empty_file=True)


class ImportsPage(RolePage):
    """Every page of imports: who may bring clients in."""

    request: HttpRequest
    permission_required = IMPORTS, SEES_CONTACT_DETAILS  # a file is full of them

    def found(self, pk: int) -> FileImport:
        related = FileImport.objects.select_related("by", "done_by", "undone_by", "job")
        return get_object_or_404(related, pk=pk)


class ImportList(ImportsPage, ListView):  # type: ignore[type-arg]
    """The history; a POST sends a file."""

    template_name = "clients/imports/list.html"
    context_object_name = "imports"
    paginate_by = IMPORTS_A_PAGE

    def get_queryset(self) -> QuerySet[FileImport]:
        related = FileImport.objects.select_related("by", "done_by", "job")
        return related.defer("rejected", "repeated", "unplaced", "headings", "notes")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        limits = {"most_rows": MAX_ROWS, "most_megabytes": MAX_BYTES // 1_000_000}
        said = {"form": UploadForm(), "is_demo": Demo.objects.exists(), **limits}
        return said | super().get_context_data(**kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                return self.receive(form)
            except IntakeError as problem:
                form.add_error("file", str(problem))
        self.object_list = self.get_queryset()
        return self.render_to_response(self.get_context_data(form=form), status=400)

    def receive(self, form: UploadForm) -> HttpResponseRedirect:
        file_import = filing.receive(form.cleaned_data["file"], self.request.user)
        if file_import.state != FileImport.State.NEW or file_import.in_hand:
            messages.info(self.request, ALREADY_HERE)
        else:
            look_at(file_import, self.request.user)
        return HttpResponseRedirect(file_import.get_absolute_url())


def look_at(file_import: FileImport, by: Any) -> None:
    """Judge a file: at once, or by a worker when it is large."""
    if working.is_large(file_import):
        working.hand_over(file_import, working.JUDGE, by)
    else:
        filing.judge(file_import)


class ImportPage(ImportsPage, View):
    """One import: what it would do or did. While a worker is at it, htmx asks for the middle of the page."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        file_import = self.found(pk)
        preview = Preview(file_import, request.GET)
        alone = request.headers.get("HX-Request") == "true" and file_import.in_hand
        template = "clients/imports/_job.html" if alone else "clients/imports/import.html"
        response = render(request, template, {"import": file_import, "preview": preview})
        if not file_import.in_hand and request.headers.get("HX-Request") == "true":
            response.headers["HX-Refresh"] = "true"  # the worker is done: the whole page has changed
        patch_vary_headers(response, ["HX-Request"])
        return response


class Acts(ImportsPage, View):
    """One decision on an import, then back to its page with a word on it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        file_import = self.found(pk)
        try:
            said = self.act(file_import)
        except IntakeError as problem:
            messages.error(request, str(problem))
        else:
            if said:
                messages.success(request, said)
        return redirect(file_import)

    def act(self, file_import: FileImport) -> str:
        """Do it. Returns a sentence ("" for none); raises IntakeError."""
        raise NotImplementedError

    def written(self) -> None:
        """After facts were written: `segmentation` brings placements up to date."""

    def at_once_or_later(
        self, file_import: FileImport, what: str, now: Callable[[], Any], said: Any, **more: Any
    ) -> str:
        if file_import.in_hand:
            raise IntakeError(BUSY)
        if working.is_large(file_import):
            working.hand_over(file_import, what, self.request.user, **more)
            return str(HANDED_OVER)
        now()
        self.written()
        return str(said)


class ImportColumns(Acts):
    """What a person says of the columns: `column-3=email`. Said for this import only."""

    def act(self, file_import: FileImport) -> str:
        if file_import.in_hand:
            raise IntakeError(BUSY)
        if not file_import.is_open:
            raise IntakeError(filing.DECIDED)
        said = {place: self.request.POST.get(f"column-{place}", "") for place in range(len(file_import.headings))}
        file_import.chosen = {
            str(place): code for place, code in said.items() if code == IGNORE or fact_of(code) is not None
        }
        file_import.save(update_fields=["chosen"])
        look_at(file_import, self.request.user)
        return ""


class ConfirmImport(Acts):
    """Write what the preview shows; `only=good` leaves the refused rows out."""

    def act(self, file_import: FileImport) -> str:
        by, skip_bad = self.request.user, self.request.POST.get("only") == "good"
        return self.at_once_or_later(
            file_import, working.CONFIRM, lambda: filing.confirm(file_import.pk, by, skip_bad=skip_bad), DONE,
            skip_bad=skip_bad,
        )  # fmt: skip


class DropImport(Acts):
    """Give an import up: its file is deleted."""

    def act(self, file_import: FileImport) -> str:
        filing.drop(file_import.pk)
        return str(_("Import abandonné\u00a0: le fichier est effacé, la base n’a pas changé."))


class UndoImport(Acts):
    """Take an import back; what was edited since is named, and then nothing is taken back."""

    def act(self, file_import: FileImport) -> str:
        by = self.request.user
        return self.at_once_or_later(file_import, working.UNDO, lambda: undoing.undo(file_import.pk, by), UNDONE)


class RejectedRows(ImportsPage, View):
    """The refused rows as they were sent, each with its reason, to correct and send again."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        file_import = self.found(pk)
        headings = [heading for heading, _ in file_import.headings]
        columns: list[Column[Any]] = [Column(heading, _cell_at(place)) for place, heading in enumerate(headings)]
        columns += [Column("Ligne refusée", lambda row: row["line"]), Column("Motif du refus", _why)]
        rejected = file_import.rejected
        return send(request, Sheet(f"import-{pk}-lignes-refusees", columns, rejected), "csv", rows=len(rejected))


def _cell_at(place: int) -> Callable[[Any], str]:
    return lambda row: row["cells"][place] if place < len(row["cells"]) else ""


def _why(row: Any) -> str:
    said: Sequence[Any] = row["problems"]
    return " ".join(f"{each['column']} : {each['reason']}" if each["column"] else each["reason"] for each in said)
