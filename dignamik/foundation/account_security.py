"""A person's own second factor: set up, recovery codes made anew, turned off; and a new password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from dignamik.foundation.entering import renew
from dignamik.foundation.login import CodeForm
from dignamik.foundation.proving import ConfirmForm, FreshLogin, proves
from dignamik.foundation.second_factor import (
    device_of,
    is_required_of,
    new_key,
    picture,
    recovery_codes_left,
    renew_recovery_codes,
    set_up,
    take_away,
    typed,
)
from dignamik.foundation.showing_once import hand_over, handed_over

KEY = "second_factor_key"  # in the session, between the page that shows a key and the code that confirms it
COOKIE = "recovery_codes"
ALREADY = _("La double authentification est déjà active.")


class Security(View):
    """What protects the account; the recovery codes on the one visit after they were made."""

    def get(self, request: HttpRequest) -> HttpResponse:
        device = device_of(request.user)
        codes = handed_over(request, COOKIE).split()
        said = {
            "device": device,
            "codes": codes,
            "codes_left": recovery_codes_left(request.user) if device else 0,
            "required": is_required_of(request.user),
        }
        response = render(request, "account/security.html", said)
        response.delete_cookie(COOKIE, path=reverse("security"))
        return response


class SetUp(FreshLogin, FormView):  # type: ignore[type-arg]
    """Scan a key, then show by a code of it that the application has it."""

    template_name = "account/second_factor.html"
    form_class = CodeForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if device_of(request.user) is not None:
            messages.info(request, ALREADY)
            return redirect("security")
        return super().dispatch(request, *args, **kwargs)

    @property
    def key(self) -> str:
        """The same until it is confirmed, so that a page loaded twice does not undo the scan of the first."""
        kept: str = self.request.session.setdefault(KEY, new_key())
        return kept

    def form_valid(self, form: CodeForm) -> HttpResponse:
        codes = set_up(self.request.user, self.key, form.cleaned_data["code"])
        if codes is None:
            form.add_error(
                "code", _("Ce code n’est pas le bon. Attendez le suivant, et vérifiez l’heure du téléphone.")
            )
            return self.form_invalid(form)
        del self.request.session[KEY]
        renew(self.request, device_of(self.request.user))
        return show_codes(self.request, codes)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = {"picture": picture(self.request.user, self.key), "typed": typed(self.key)}
        return super().get_context_data(**kwargs) | shown | {"required": is_required_of(self.request.user)}


class NewCodes(FreshLogin, View):
    """Ten new recovery codes; the old ones serve no more."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        if device_of(request.user) is None:
            return redirect("security")
        return show_codes(request, renew_recovery_codes(request.user))


@method_decorator(sensitive_post_parameters(), name="dispatch")
class TurnOff(FormView):  # type: ignore[type-arg]
    """Asks for password and code, however fresh the login."""

    template_name = "account/second_factor_off.html"
    form_class = ConfirmForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if device_of(request.user) is None:
            return redirect("security")
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"asks_code": True}

    def form_valid(self, form: ConfirmForm) -> HttpResponse:
        if not proves(self.request, form):
            return self.form_invalid(form)
        take_away(self.request.user)
        renew(self.request, None)
        messages.success(self.request, _("La double authentification est désactivée."))
        return redirect("security")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"required": is_required_of(self.request.user)}


class PasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """The present password, then a new one, twice."""

    old_password = forms.CharField(label=_("Mot de passe actuel"), strip=False, max_length=4096)
    field_order = ["old_password", "new_password1", "new_password2"]


@method_decorator(sensitive_post_parameters(), name="dispatch")
class ChangePassword(FormView):  # type: ignore[type-arg]
    """The other sessions of the account end, this one goes on under a new key."""

    template_name = "account/password.html"
    form_class = PasswordForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def form_valid(self, form: PasswordForm) -> HttpResponse:
        # By the door, which counts guesses: Django's own form lets a stolen session try without end.
        name, old = self.request.user.get_username(), form.cleaned_data["old_password"]
        if authenticate(self.request, username=name, password=old) is None:
            form.add_error("old_password", _("Ce n’est pas votre mot de passe."))
            return self.form_invalid(form)
        form.save()
        update_session_auth_hash(self.request, form.user)
        messages.success(self.request, _("Votre mot de passe est changé. Vos autres sessions sont fermées."))
        return redirect("security")


def show_codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """To the page that shows them, once."""
    response = redirect("security")
    hand_over(request, response, COOKIE, " ".join(codes), reverse("security"))
    return response
