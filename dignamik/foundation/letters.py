"""Letters with a link that opens an account once: the invitation, and the way back for who forgot the password.

A link is Django's own token: signed, for one account, until its password, address or last login changes, and for a day
at most (`PASSWORD_RESET_TIMEOUT`). It begins with `SITE_URL`, never with what a request calls this site.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext_lazy as _

from dignamik.foundation import jobs
from dignamik.foundation.auditing import Kind, note
from dignamik.foundation.models import Job

RESET = "reset_password"
HOURS = settings.PASSWORD_RESET_TIMEOUT // 3600
NO_ADDRESS = _("L’adresse du site n’est pas réglée (SITE_URL)\u00a0: le lien ne mènerait nulle part.")
NO_SERVER = _("Le serveur de courrier ne répond pas ou a refusé l’envoi.")
log = logging.getLogger(__name__)


class NotSent(Exception):
    """The letter has not left, for a reason that people can read."""


def invite(user: Any, by: Any) -> None:
    """Ask somebody without a password to choose one. Raises NotSent."""
    _send(
        user,
        "Votre compte Dignamik",
        f"{by.get_full_name() or by.get_username()} vous a ouvert un compte sur Dignamik.",
        f"Votre identifiant est : {user.get_username()}",
        "Pour choisir votre mot de passe, ouvrez ce lien :",
        f"Il sert une fois, dans les {HOURS} heures. Passé ce délai, demandez une nouvelle invitation.",
    )


def ask_for_reset(address: str) -> None:
    """Queue what is sent to whoever has this e-mail address: for nobody's the same work is done, so that neither the
    answer nor its time tells. The worker sends it."""
    known = get_user_model().objects.filter(email__iexact=address, is_active=True)
    accounts = list(known.values_list("pk", flat=True))
    jobs.ask(RESET, {"accounts": accounts}, trigger=Job.Trigger.WEB)
    note(Kind.PASSWORD_ASKED, accounts=accounts)


def send_resets(going: jobs.Going) -> Mapping[str, Any]:
    """The work of such a job. Accounts that have no password yet are invited anew by an admin, not here."""
    people = get_user_model().objects.filter(pk__in=going.job.payload["accounts"], is_active=True)
    sent = 0
    for user in people:
        if not user.has_usable_password():
            continue
        try:
            _send(
                user,
                "Votre mot de passe Dignamik",
                "Quelqu’un a demandé un nouveau mot de passe pour votre compte Dignamik.",
                f"Votre identifiant est : {user.get_username()}",
                "Si c’est vous, choisissez-le par ce lien :",
                f"Il sert une fois, dans les {HOURS} heures. Si ce n’est pas vous, ne faites rien : rien ne change.",
            )
        except NotSent as refusal:
            raise jobs.Refused(str(refusal)) from refusal
        sent += 1
    return {"sent": sent}


def _send(user: Any, subject: str, opening: str, name: str, before: str, after: str) -> None:
    if not settings.SITE_URL:
        raise NotSent(NO_ADDRESS)
    greeting = f"Bonjour {user.first_name},".replace(" ,", ",")
    text = "\n".join([greeting, "", opening, name, "", before, settings.SITE_URL + link(user), "", after, ""])
    try:
        send_mail(subject, text, None, [user.email])
    except (OSError, SMTPException, ValueError) as failure:  # ValueError: a header that is none, as "a\\nb@c.fr"
        log.warning("A letter to account %s was not sent: %s", user.pk, type(failure).__name__)
        raise NotSent(NO_SERVER) from failure


def link(user: Any) -> str:
    """The path on which this account chooses its password, once."""
    number = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("password-choose", args=(number, default_token_generator.make_token(user)))
