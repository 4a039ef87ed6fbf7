"""Asking again who somebody is, before what a stolen session should not do.

`@requires_fresh_login` on a view, or `FreshLogin` among the bases of one (after `RolePage`, so that who may not is told
so first): for ten minutes after a login or a confirmation nothing is asked. A form that was sent too late is not sent
again by us: the person comes back to its page.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from dignamik.foundation.auditing import Kind, note
from dignamik.foundation.entering import ENTERED_AT
from dignamik.foundation.login import LONGEST_CODE, say_what_is_left
from dignamik.foundation.pages import came_from
from dignamik.foundation.second_factor import Proof, accept, device_of

FRESH_FOR = 10 * 60
"""Seconds."""
PROVED_AT = "proved_at"
View = Callable[..., Any]


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session proved who it is within the last ten minutes."""
    proved = max(request.session.get(ENTERED_AT, 0), request.session.get(PROVED_AT, 0))
    return bool(time.time() - proved < FRESH_FOR)


def requires_fresh_login(view: View) -> View:
    """For a view that gets a request first: asks for the password when the last time is too long ago."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return view(request, *args, **kwargs) if is_fresh(request) else ask_again(request)

    return guarded


class FreshLogin:
    """The same for a class-based view, all its methods."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not is_fresh(request):
            return ask_again(request)
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]


def ask_again(request: HttpRequest, back: str = "") -> HttpResponse:
    """To the page that asks, and from there `back`: to the page itself, or to the one whose form was sent."""
    back = back or (request.get_full_path() if request.method in {"GET", "HEAD"} else _form_page(request))
    if request.method not in {"GET", "HEAD"}:
        messages.info(request, _("Rien n’a encore été fait\u00a0: après votre mot de passe, renvoyez le formulaire."))
    asking = f"{reverse('confirm')}?{urlencode({'next': back})}"
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": asking})
    return redirect(asking)


def _form_page(request: HttpRequest) -> str:
    """Where a form stood: as it says itself, as the browser says, else its own address."""
    seen = request.headers.get("Referer", "")
    parts = urlsplit(seen)
    ours = url_has_allowed_host_and_scheme(seen, {request.get_host()}, request.is_secure()) and parts.path
    whence = (f"{parts.path}?{parts.query}" if parts.query else parts.path) if ours else request.path
    return came_from(request, whence)


class ConfirmForm(forms.Form):
    """The password, and a code from whoever has a second factor."""

    password = forms.CharField(label=_("Mot de passe"), strip=False, max_length=4096)
    code = forms.CharField(label=_("Code de connexion"), max_length=LONGEST_CODE)

    def __init__(self, *args: Any, asks_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_code:
            del self.fields["code"]


def proves(request: HttpRequest, form: forms.Form) -> bool:
    """Whether the form's `password`, and its `code` if it has one, are those of who is signed in; else it says what is
    wrong. Counts a guess at each."""
    said = form.cleaned_data
    if authenticate(request, username=request.user.get_username(), password=said["password"]) is None:
        form.add_error("password", _("Ce n’est pas votre mot de passe."))
        return False
    if "code" not in form.fields:
        return True
    proof = accept(request, request.user, said["code"])
    if proof is None:
        form.add_error("code", _("Ce code n’est pas valable ou a déjà servi. Attendez le suivant."))
    elif proof is Proof.RECOVERY:
        say_what_is_left(request)
    return proof is not None


@method_decorator(sensitive_post_parameters(), name="dispatch")
class Confirm(FormView):  # type: ignore[type-arg]
    """The page that asks."""

    template_name = "account/confirm.html"
    form_class = ConfirmForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"asks_code": device_of(self.request.user) is not None}

    def form_valid(self, form: ConfirmForm) -> HttpResponse:
        if not proves(self.request, form):
            return self.form_invalid(form)
        self.request.session[PROVED_AT] = int(time.time())
        self.request.session.cycle_key()
        note(Kind.CONFIRMED, self.request)
        messages.success(self.request, _("C’est bien vous\u00a0: pendant dix minutes, rien ne vous sera redemandé."))
        return HttpResponseRedirect(came_from(self.request, "/"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = self.request.POST if self.request.method == "POST" else self.request.GET
        return super().get_context_data(**kwargs) | {"next": asked.get("next", "")}
