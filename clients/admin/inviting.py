"""Inviting somebody, inviting them again, and taking away a second factor that was lost: by who changes accounts.

All of it asks for the password when the login is old, and is written in the log of the admin.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _

from dignamik.foundation import roles
from dignamik.foundation.letters import HOURS, NotSent, invite
from dignamik.foundation.proving import requires_fresh_login
from dignamik.foundation.second_factor import device_of, take_away

LONGEST_ADDRESS = 150  # of a user name, which the address becomes
TAKEN = _("Un compte a déjà cette adresse ou cet identifiant.")
SENT = _("L’invitation est partie à %(address)s. Le lien sert une fois, dans les %(hours)s heures.")
NOT_SENT = _("L’invitation n’est pas partie\u00a0: %(reason)s Envoyez-la à nouveau depuis cette page.")
NOT_ONESELF = _("Votre propre double authentification se désactive sur votre page «\u00a0Sécurité\u00a0».")
RESET = _("La double authentification de %(name)s est retirée, ses sessions sont fermées.")
NOTHING_TO_RESET = _("Ce compte n’avait pas de double authentification.")
HAS_A_PASSWORD = _("Ce compte a déjà un mot de passe ou est inactif\u00a0: aucune invitation n’est partie.")
INVITED_IN_LOG = "Invitation envoyée."
RESET_IN_LOG = "Double authentification retirée."


class InvitationForm(forms.Form):
    email = forms.EmailField(label=_("Adresse e-mail"), max_length=LONGEST_ADDRESS)
    first_name = forms.CharField(label=_("Prénom"), max_length=150)
    last_name = forms.CharField(label=_("Nom"), max_length=150)
    role = forms.ModelChoiceField(label=_("Rôle"), queryset=Group.objects.order_by("name"))

    def clean_email(self) -> str:
        address = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(Q(username__iexact=address) | Q(email__iexact=address)).exists():
            raise forms.ValidationError(TAKEN)
        return address


def open_account(said: dict[str, Any]) -> User:
    """An account without a password, whose name is its address. Raises IntegrityError when somebody was quicker."""
    role: Group = said["role"]
    with transaction.atomic():
        user = User.objects.create_user(
            said["email"], said["email"], None,
            first_name=said["first_name"], last_name=said["last_name"], is_staff=role.name in roles.INTO_THE_ADMIN,
        )  # fmt: skip
        user.groups.add(role)
    return user


def is_waiting(user: User) -> bool:
    """Invited, and has chosen no password yet."""
    return user.is_active and bool(user.email) and not user.has_usable_password()


class Invites:
    """For the admin of users: its own addresses, and what its templates need."""

    admin_site: Any
    opts: Any
    message_user: Any
    get_object: Any
    log_change: Any
    log_addition: Any
    has_add_permission: Any
    has_change_permission: Any

    def get_urls(self) -> list[Any]:
        own = [
            path("invite/", self._guarded(self.invite_view), name="auth_user_invite"),
            path("<int:pk>/invite/", self._guarded(self.invite_again_view), name="auth_user_invite_again"),
            path("<int:pk>/second-factor/", self._guarded(self.reset_view), name="auth_user_second_factor"),
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def _guarded(self, view: Any) -> Any:
        return self.admin_site.admin_view(view)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        user = self.get_object(request, object_id)
        may = user is not None and self.has_change_permission(request, user)
        more = {
            "may_invite": may and is_waiting(user),
            "may_reset": may and user != request.user and device_of(user) is not None,
            "hours": HOURS,
        }
        return super().change_view(request, object_id, form_url, more | (extra_context or {}))  # type: ignore[misc,no-any-return]

    def invite_view(self, request: HttpRequest) -> Any:
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            raise PermissionDenied
        return requires_fresh_login(self._invite)(request)

    def _invite(self, request: HttpRequest) -> HttpResponse:
        form = InvitationForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                user = open_account(form.cleaned_data)
            except IntegrityError:
                form.add_error("email", TAKEN)
            else:
                self.log_addition(request, user, [{"added": {}}])
                self._send(request, user)
                return self._page(user)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Inviter quelqu’un"),
            "opts": self.opts,
            "form": form,
            "hours": HOURS,
        }
        return TemplateResponse(request, "admin/auth/user/invite.html", context)

    @staticmethod
    def _page(user: User) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:auth_user_change", args=(user.pk,)))

    def _send(self, request: HttpRequest, user: User) -> None:
        try:
            invite(user, request.user)
        except NotSent as refusal:
            self.message_user(request, NOT_SENT % {"reason": refusal}, messages.ERROR)
        else:
            self.log_change(request, user, INVITED_IN_LOG)
            self.message_user(request, SENT % {"address": user.email, "hours": HOURS}, messages.SUCCESS)

    def _reached(self, request: HttpRequest, pk: int) -> User:
        user: User | None = self.get_object(request, str(pk))
        if user is None:
            raise Http404
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        return user

    def invite_again_view(self, request: HttpRequest, pk: int) -> Any:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        user = self._reached(request, pk)
        return requires_fresh_login(self._invite_again)(request, user)

    def _invite_again(self, request: HttpRequest, user: User) -> HttpResponse:
        if is_waiting(user):
            self._send(request, user)
        else:
            self.message_user(request, HAS_A_PASSWORD, messages.WARNING)
        return self._page(user)

    def reset_view(self, request: HttpRequest, pk: int) -> Any:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        user = self._reached(request, pk)
        return requires_fresh_login(self._reset)(request, user)

    def _reset(self, request: HttpRequest, user: User) -> HttpResponse:
        if user == request.user:
            self.message_user(request, NOT_ONESELF, messages.WARNING)
        elif take_away(user):
            self.log_change(request, user, RESET_IN_LOG)
            self.message_user(request, RESET % {"name": user.get_username()}, messages.SUCCESS)
        else:
            self.message_user(request, NOTHING_TO_RESET, messages.WARNING)
        return self._page(user)
