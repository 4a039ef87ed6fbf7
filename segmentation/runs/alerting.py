"""A word to the admins when a run is held or fails. Whether it can be sent changes nothing for the run."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import translation

from dignamik.foundation.mailing import admin_addresses
from segmentation.models import Run


def alert_admins(run: int) -> None:
    """Tell them once what was written is committed; a failure to send is logged and goes no further."""
    # A lambda: Django's log of a failure asks for a name, which a partial has not.
    transaction.on_commit(lambda: _send(run), robust=True)


def _send(number: int) -> None:
    run = Run.objects.get(pk=number)
    told = admin_addresses()
    if told:
        with translation.override("fr"):  # whatever language the run was asked for in
            send_mail(f"Dignamik : {str(run).lower()} {run.get_state_display()}", _text(run), None, told)


def _text(run: Run) -> str:
    if run.state == Run.State.HELD:
        gates = run.verdict.get("gates") or []
        failed = [gate for gate in gates if not gate.get("passed") and gate.get("level") != "warn"]
        lines = [
            f"Le {str(run).lower()} attend une validation : les segments publiés n’ont pas changé.",
            "",
            *(f"- {gate.get('says') or gate.get('name')}" for gate in failed),
        ]
    else:
        lines = [
            f"Le {str(run).lower()} n’a pas abouti : les segments publiés n’ont pas changé.",
            "",
            run.error or "Aucune raison n’a été enregistrée.",
        ]
    return "\n".join([*lines, "", f"Sa page : {settings.SITE_URL}{run.get_absolute_url()}", ""])
