"""The rights of one person on one page: objection to profiling, access, erasure. For the administration."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import DetailView, View

from clients.confidential import SEES_CONTACT_DETAILS
from clients.models import Client, Erasure
from clients.objecting import CannotObject
from clients.places import fold
from clients.querysets import EXERCISES_RIGHTS, SEES_EVERYTHING
from clients.rights import LONGEST_WHY
from dignamik.foundation.auditing import Kind, note
from dignamik.foundation.downloads import one_too_many
from dignamik.foundation.pages import RolePage
from dignamik.foundation.proving import FreshLogin
from segmentation.rights.access import document
from segmentation.rights.erasing import erase, reach
from segmentation.rights.objecting import lift_objection, object_to_profiling
from segmentation.rights.wording import elsewhere, sentences

OBJECT, LIFT = "object", "lift"


class Rights(RolePage):
    """For whoever exercises rights, over withdrawn clients too."""

    permission_required = (SEES_EVERYTHING, EXERCISES_RIGHTS, SEES_CONTACT_DETAILS)

    def found(self, request: HttpRequest, pk: int) -> Client:
        """Whom a double was merged into, if it is one."""
        found = get_object_or_404(Client.objects.within_rights_of(request.user).select_related("merged_into"), pk=pk)
        return found.merged_into or found

    def complain(self, request: HttpRequest, sentence: str) -> None:
        messages.error(request, f"{_('Rien n’a été enregistré.')} {sentence}")


class RightsPage(Rights, DetailView):  # type: ignore[type-arg]
    template_name = "segmentation/rights.html"
    context_object_name = "client"

    def get_object(self, queryset: QuerySet[Client] | None = None) -> Client:
        return self.found(self.request, self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found = reach(self.object)
        return super().get_context_data(**kwargs) | {
            "objections": self.object.objections.select_related("by", "lifted_by"),
            "longest_why": LONGEST_WHY,
            "reasons": Erasure.Reason.choices,
            "going": sentences(found),
            "elsewhere": elsewhere(found),
            "listed": self.object.withdrawn_at is None,
        }


class ObjectionForm(forms.Form):
    act = forms.ChoiceField(choices=[(OBJECT, OBJECT), (LIFT, LIFT)])
    why = forms.CharField(required=False)


class ClientObjection(Rights, View):
    """Note an objection to profiling, or lift it."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        client, form = self.found(request, pk), ObjectionForm(request.POST)
        if not form.is_valid():
            self.complain(request, _("Ce n’est ni une opposition, ni une levée."))
            return HttpResponseRedirect(reverse("client-rights", args=[pk]))
        said, objects = form.cleaned_data, form.cleaned_data["act"] == OBJECT
        try:
            (object_to_profiling if objects else lift_objection)(client, why=said["why"], by=request.user)
        except CannotObject as refusal:
            self.complain(request, str(refusal))
        else:
            done = _("C’est noté\u00a0: ce client n’est plus profilé.") if objects else _("L’opposition est levée.")
            messages.success(request, done)
        return HttpResponseRedirect(reverse("client-rights", args=[pk]))


class ClientAccess(Rights, FreshLogin, View):
    """Everything held on one client, as a file; a download like any other, but that its own event tells of it."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        client = self.found(request, pk)
        if refusal := one_too_many(request):
            return refusal
        note(Kind.ACCESS_EXPORT, request, about=client)
        response = JsonResponse(document(client), json_dumps_params={"ensure_ascii": False, "indent": 2})
        response.headers["Content-Disposition"] = f'attachment; filename="acces-client-{client.pk}.json"'
        return response


class ErasureForm(forms.Form):
    """`name`: typed again, so that nobody erases by a slip of the hand."""

    name = forms.CharField(required=False)
    reason = forms.CharField(required=False)

    def __init__(self, *args: Any, client: Client) -> None:
        super().__init__(*args)
        self.client = client

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if fold(name) != fold(self.client.name):
            raise forms.ValidationError(_("Le nom tapé n’est pas celui de ce client."))
        return name

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if reason not in Erasure.Reason.values:
            raise forms.ValidationError(_("Choisissez le motif de l’effacement."))
        return reason


class EraseClient(Rights, FreshLogin, View):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        client = self.found(request, pk)
        form = ErasureForm(request.POST, client=client)
        if form.is_valid():
            erase(client, reason=form.cleaned_data["reason"], by=request.user)
            said = _("Le client n° %(client)s est effacé, avec tout ce qui s’y rattachait.")
            messages.success(request, said % {"client": client.pk})
            return HttpResponseRedirect(reverse("clients"))
        self.complain(request, " ".join(str(problem) for problems in form.errors.values() for problem in problems))
        return HttpResponseRedirect(f"{reverse('client-rights', args=[pk])}#erase")
