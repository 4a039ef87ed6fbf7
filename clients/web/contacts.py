"""A client's log and follow-up date where people keep them: the card of the client's page, and its forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.generic import View

from clients.confidential import reads_log
from clients.contacting import EARLIEST_DAY, FARTHEST, LONGEST_TEXT, UNCHANGED, CannotLog, follow_up, log
from clients.models import Client, Contact
from dignamik.foundation import french
from dignamik.foundation.pages import RolePage, came_from

LOGS = "clients.add_contact"
SHOWN = 5
"""Lines of the log in sight; the rest is one click away."""


# --- The forms -------------------------------------------------------------------------------------------------------


class ContactForm(forms.Form):
    kind = forms.ChoiceField(label=_("Nature"), choices=Contact.Kind.choices)
    day = forms.DateField(label=_("Jour"), required=False)
    text = forms.CharField(label=_("Texte"), required=False, max_length=LONGEST_TEXT)
    following = forms.DateField(label=_("Prochaine relance"), required=False)


class FollowUpForm(forms.Form):
    following = forms.DateField(label=_("Prochaine relance"), required=False)


class OnClient(RolePage, View):
    """Posts something about a client that this person may see, and comes back to where it was posted from."""

    permission_required = ("clients.view_client", LOGS)
    http_method_names = ["post"]
    form_class: type[forms.Form]

    def post(self, request: HttpRequest, pk: int) -> HttpResponseRedirect:
        client = get_object_or_404(Client.objects.visible_to(request.user), pk=pk)
        form = self.form_class(request.POST)
        if form.is_valid():
            try:
                said = self.write(client, form.cleaned_data)
            except CannotLog as refusal:
                self.complain([str(refusal)])
            else:
                address = f"{client.get_absolute_url()}#log"
                messages.success(request, format_html('{} (<a href="{}">{}</a>).', said, address, client.name))
        else:
            named = _("%(label)s\u00a0: %(text)s")
            problems = [(form[name].label, text) for name, texts in form.errors.items() for text in texts]
            self.complain(named % {"label": label, "text": text} for label, text in problems)
        return HttpResponseRedirect(came_from(request, client.get_absolute_url()))

    def write(self, client: Client, said: dict[str, Any]) -> str:
        """Do it, and say in a few words what was done."""
        raise NotImplementedError

    def complain(self, sentences: Any) -> None:
        messages.error(self.request, " ".join([str(_("Rien n’a été enregistré.")), *sentences]))


class LogContact(OnClient):
    """One line in the log. A form that also asks for the next follow-up sets it, an empty date taking it away."""

    form_class = ContactForm

    def write(self, client: Client, said: dict[str, Any]) -> str:
        following = said["following"] if "following" in self.request.POST else UNCHANGED
        if following is None and said["kind"] == Contact.Kind.NOTE:
            following = UNCHANGED  # a note does not make up for the call that was to be made
        made = log(client, said["kind"], by=self.request.user, text=said["text"], day=said["day"], following=following)
        words = {"kind": made.get_kind_display()}
        if isinstance(following, date):
            return _("Noté\u00a0: %(kind)s, relance le %(day)s") % (words | {"day": french.day(following)})
        return _("Noté\u00a0: %(kind)s") % words


class FollowUp(OnClient):
    """The one date of the next follow-up: set, moved or, left empty, taken away."""

    form_class = FollowUpForm

    def write(self, client: Client, said: dict[str, Any]) -> str:
        day: date | None = said["following"]
        follow_up(client, day, by=self.request.user)
        return _("Relance prévue le %(day)s") % {"day": french.day(day)} if day else str(_("Plus de relance prévue"))


# --- The card --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Log:
    """A client's log, latest first, and the date to come back to it."""

    lines: Sequence[Contact]
    earlier: Sequence[Contact]
    today: date
    next_follow_up: date | None

    @property
    def is_due(self) -> bool:
        return self.next_follow_up is not None and self.next_follow_up <= self.today

    @property
    def following(self) -> date | None:
        """What the form proposes as the next date: what is due now will have been done."""
        return None if self.is_due else self.next_follow_up

    @property
    def first(self) -> date:
        return EARLIEST_DAY

    @property
    def tomorrow(self) -> date:
        return self.today + timedelta(days=1)

    @property
    def last(self) -> date:
        return self.today + FARTHEST


def on_client(client: Client, user: Any) -> dict[str, Any]:
    """For the client's page; nothing for who may not read the log."""
    if not reads_log(user):
        return {"log": None}
    lines = list(client.contacts.select_related("by"))
    return {
        "log": Log(lines[:SHOWN], lines[SHOWN:], timezone.localdate(), client.next_follow_up),
        "may_log": user.has_perm(LOGS),
        "contact_kinds": Contact.Kind.choices,
        "longest_text": LONGEST_TEXT,
    }
