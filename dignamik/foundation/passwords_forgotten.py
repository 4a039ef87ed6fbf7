"""The two pages of who has no password, or not any more: asking for a link, and choosing a password by it."""

from __future__ import annotations

import math
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView, TemplateView

from dignamik.foundation.addresses import client_ip
from dignamik.foundation.guesses import letter_keys, strike
from dignamik.foundation.letters import HOURS, ask_for_reset


class AddressForm(forms.Form):
    email = forms.EmailField(label=_("Adresse e-mail"), max_length=254)


@method_decorator(login_not_required, name="dispatch")
class Forgotten(FormView):  # type: ignore[type-arg]
    """Says the same of an address that is known and of one that is not."""

    template_name = "registration/forgotten.html"
    form_class = AddressForm

    def form_valid(self, form: AddressForm) -> HttpResponse:
        address = form.cleaned_data["email"]
        left = strike(letter_keys(address, client_ip(self.request)))
        if left:
            self.request.must_wait = math.ceil(left)  # type: ignore[attr-defined]  # for Patience
        else:
            ask_for_reset(address)
        return redirect("password-asked")


@method_decorator(login_not_required, name="dispatch")
class Asked(TemplateView):
    template_name = "registration/asked.html"
    extra_context = {"hours": HOURS}


@method_decorator(login_not_required, name="dispatch")
class ChoosePassword(PasswordResetConfirmView):
    """Where the link of a letter leads. Django moves its token into the session and the address at once, so that no
    address that others see has it. Whoever comes this way still gives the second factor at the login."""

    template_name = "registration/choose.html"
    success_url = reverse_lazy("login")

    def get_user(self, uidb64: str) -> Any:
        user = super().get_user(uidb64)
        return user if user is not None and user.is_active else None

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Votre mot de passe est choisi. Connectez-vous."))
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        new = self.user is not None and not self.user.has_usable_password()
        return super().get_context_data(**kwargs) | {"is_new": new, "person": self.user}
