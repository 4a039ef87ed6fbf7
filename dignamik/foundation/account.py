"""A person's own keys to the API: made here, shown once, revoked here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views import View

from dignamik.foundation.auditing import Kind, note
from dignamik.foundation.models import ApiToken
from dignamik.foundation.tokens import issue

LIFETIMES = {30: _("30 jours"), 90: _("3 mois"), 365: _("1 an")}
MOST = 20  # live tokens a person
# The new key on its way to the page that shows it: in the person's browser alone, signed, for one visit.
COOKIE, COOKIE_LIFE = "new_token", 120


class TokenForm(forms.Form):
    """What a key is for, what it opens and for how long."""

    name = forms.CharField(
        label=_("Nom"), max_length=60, help_text=_("À quoi il sert, par exemple «\u00a0tableau de bord\u00a0».")
    )
    scopes = forms.MultipleChoiceField(
        label=_("Droits"),
        choices=ApiToken.Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[ApiToken.Scope.READ],
        help_text=_("Jamais plus que ce que votre rôle permet."),
    )
    days = forms.TypedChoiceField(label=_("Durée"), choices=LIFETIMES.items(), coerce=int, initial=90)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "days"):
            self.fields[name].widget.attrs["class"] = "form-select" if name == "days" else "form-control"


class Tokens(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        response = self.page(request, TokenForm(), request.get_signed_cookie(COOKIE, "", max_age=COOKIE_LIFE))
        response.delete_cookie(COOKIE, path=reverse("tokens"))
        return response

    def post(self, request: HttpRequest) -> HttpResponse:
        form = TokenForm(request.POST)
        mine = live(request)
        if form.is_valid() and mine.count() >= MOST:
            form.add_error(None, _("Vous avez déjà %(most)s jetons en service\u00a0: révoquez-en un.") % {"most": MOST})
        if not form.is_valid():
            return self.page(request, form, status=400)
        said = form.cleaned_data
        _token, key = issue(request.user, said["name"], said["scopes"], timedelta(days=said["days"]))  # type: ignore[arg-type]
        response = redirect("tokens")
        response.set_signed_cookie(
            COOKIE, key, max_age=COOKIE_LIFE, path=reverse("tokens"), httponly=True, samesite="Strict",
            secure=request.is_secure(),
        )  # fmt: skip
        return response

    def page(self, request: HttpRequest, form: TokenForm, key: str | None = "", status: int = 200) -> HttpResponse:
        tokens = ApiToken.objects.filter(user=request.user.pk)
        return render(request, "account/tokens.html", {"form": form, "key": key, "tokens": tokens}, status=status)


class RevokeToken(View):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        token = ApiToken.objects.filter(pk=pk, user=request.user.pk).first()
        if token is None:
            raise Http404
        revoke([token.pk])
        said = _("Le jeton «\u00a0%(name)s\u00a0» n’ouvre plus rien.") % {"name": token.name}
        messages.success(request, said)
        return redirect("tokens")


def live(request: HttpRequest) -> Any:
    """The person's tokens that still open something."""
    return ApiToken.objects.filter(user=request.user.pk, revoked_at=None, expires_at__gt=timezone.now())


def revoke(pks: list[int]) -> int:
    """How many were still unrevoked."""
    with transaction.atomic():
        open_ones = list(ApiToken.objects.select_for_update().filter(pk__in=pks, revoked_at=None))
        for token in open_ones:
            token.revoked_at = timezone.now()
            token.save(update_fields=["revoked_at"])
            note(Kind.TOKEN_REVOKED, about=token, owner=token.user_id)
    return len(open_ones)
