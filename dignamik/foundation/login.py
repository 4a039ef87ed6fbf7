"""The login: a name and a password, then a code from whoever has a second factor. The Django admin has the same."""

from __future__ import annotations

import time
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model, user_login_failed
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, RedirectURLMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from dignamik.foundation.entering import enter
from dignamik.foundation.second_factor import Proof, accept, device_of, recovery_codes_left

HALFWAY = "halfway"
HALFWAY_FOR = 300
"""Seconds between the password and the code."""
NOT_STAFF = _("Votre compte n’ouvre pas l’administration du site.")
LONGEST_CODE = 20


class Login(LoginView):
    """A login page that also works when a session ends in the middle of an htmx request."""

    redirect_authenticated_user = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().get(request, *args, **kwargs)
        if request.headers.get("HX-Request") == "true":
            # Its list would show this form in place of the rows: load the whole page instead, which comes back here.
            response.headers["HX-Refresh"] = "true"
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        if device_of(user) is None:
            enter(self.request, user)
            return HttpResponseRedirect(self.get_success_url())
        keep_halfway(self.request, user)
        return redirect(f"{reverse('login-code')}?{urlencode({'next': self.get_success_url()})}")


@method_decorator(login_not_required, name="dispatch")
class AdminLogin(Login):
    """The Django admin's door, which is no other. Whoever is signed in and may not enter is told so."""

    next_page = "admin:index"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated and not request.user.is_staff:
            raise PermissionDenied(NOT_STAFF)
        return super().dispatch(request, *args, **kwargs)


class CodeForm(forms.Form):
    """A code of the application, or a recovery code."""

    code = forms.CharField(label=_("Code de connexion"), max_length=LONGEST_CODE)


@method_decorator(login_not_required, name="dispatch")
@method_decorator(sensitive_post_parameters(), name="dispatch")
class LoginCode(RedirectURLMixin, FormView):  # type: ignore[type-arg]
    """The second half of a login. Until then nobody is signed in."""

    template_name = "registration/code.html"
    form_class = CodeForm
    next_page = settings.LOGIN_REDIRECT_URL

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated:
            return redirect(self.get_success_url())
        self.person = halfway(request)
        if self.person is None:
            return redirect(f"{reverse('login')}?{urlencode({'next': self.get_success_url()})}")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: CodeForm) -> HttpResponse:
        proof = accept(self.request, self.person, form.cleaned_data["code"])
        if proof is None:
            named = {"username": self.person.get_username()}
            user_login_failed.send(__name__, credentials=named, request=self.request)
            form.add_error(
                "code", _("Ce code n’est pas valable. Attendez le suivant, et vérifiez l’heure du téléphone.")
            )
            return self.form_invalid(form)
        self.request.session.pop(HALFWAY)
        enter(self.request, self.person, device_of(self.person))
        if proof is Proof.RECOVERY:
            say_what_is_left(self.request)
        return HttpResponseRedirect(self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"next": self.get_success_url()}


def keep_halfway(request: HttpRequest, user: Any) -> None:
    """Remember who gave the right password, for as long as it takes to read a code."""
    request.session.flush()
    until = int(time.time()) + HALFWAY_FOR
    request.session[HALFWAY] = {"user": user.pk, "hash": user.get_session_auth_hash(), "until": until}


def halfway(request: HttpRequest) -> Any:
    """Who gave the right password just before, if it still is the right one and the account may come in; else None."""
    kept = request.session.get(HALFWAY)
    if not kept or time.time() > kept["until"]:
        return None
    user = get_user_model().objects.filter(pk=kept["user"], is_active=True).first()
    same = user is not None and constant_time_compare(kept["hash"], user.get_session_auth_hash())
    return user if same else None


def say_what_is_left(request: HttpRequest) -> None:
    """A word on the recovery codes that remain, to whoever has just spent one."""
    said = _("Ce code de secours ne servira plus. Il vous en reste %(count)s.")
    messages.warning(request, said % {"count": recovery_codes_left(request.user)})
