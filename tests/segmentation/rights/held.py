"""One client of whom everything is held that can be: a row of every model that leads to it, files, logs, messages."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import MessageEncoder
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.utils import timezone
from django.utils.html import format_html

from clients.conflicts import FieldConflict
from clients.contacting import log
from clients.duplicates import DuplicatePair
from clients.facts import Origin
from clients.imports import FileImport, ImportedLine
from clients.intake.files import keeping
from clients.models import Client, Followers, SourceSync
from clients.reach import hanging_on_clients
from clients.recording import facts_changed, save
from dignamik.foundation.models import SavedView
from segmentation.models import Assignment
from segmentation.rights.objecting import lift_objection, object_to_profiling
from segmentation.runs.uniting import merge
from tests.advised import a_play, decided
from tests.builders import facts, recorded
from tests.published import published

NAME, FORMER_NAME = "Zéphirine Quincampoix", "Zéphirine Lagarrigue"
EMAIL, FORMER_EMAIL = "zephirine@quincampoix.example", "z.lagarrigue@exemple.example"
PHONE, SOURCE = "02 41 98 76 54", "zq-2041-unique"
DOUBLE_NAME, DOUBLE_EMAIL, DOUBLE_SOURCE = "Atelier Zibeline", "atelier@zibeline.example", "az-77-unique"
SECRETS = (
    NAME, FORMER_NAME, EMAIL, FORMER_EMAIL, PHONE, SOURCE, "zephirine quincampoix", "Quincampoix", "Lagarrigue",
    DOUBLE_NAME, DOUBLE_EMAIL, DOUBLE_SOURCE, "zibeline",
)  # fmt: skip


def everything(settings: Any, amelie: Any, adele: Any) -> Client:
    """With a double that was merged into it, two published runs and a file for notebooks of the latest."""
    recorded(
        facts(SOURCE, name=FORMER_NAME, email=FORMER_EMAIL, phone=PHONE, readings={"facebook": 1234},
              turnover={2025: "98765.43"}, services={"seo": None}, account_manager_name="amelie"),
    )  # fmt: skip
    client = Client.objects.get(source_id=SOURCE)
    client.name, client.email, client.notes = NAME, EMAIL, f"Appeler {NAME} le matin."
    save(client, changed={"name", "email", "notes"}, user=adele)
    Followers.objects.update_or_create(
        client=client, platform="tiktok", measured_on="2026-01-01", defaults={"count": 7}
    )
    facts_changed(client)
    log(client, "call", by=amelie, text=f"{NAME} rappelle lundi.")
    object_to_profiling(client, why="Courrier.", by=adele)
    lift_objection(client, why="Téléphone.", by=adele)
    _merged(client, adele)
    published()
    run = published()
    Assignment.objects.filter(client=client).update(fitted=True)
    decided(client, a_play(), "planned", comment=f"{NAME} est d’accord.", by=amelie)
    folder = Path(settings.DATA_DIR) / "models"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"run-{run.pk}.joblib").write_text(str(client.pk))
    _imports(client, adele)
    _synced(client)
    _remembered(client, adele)
    return client


def _merged(client: Client, adele: Any) -> None:
    """Known to the source by another name, and once proposed as a pair."""
    recorded(facts(DOUBLE_SOURCE, name=DOUBLE_NAME, email=DOUBLE_EMAIL, readings={"youtube": 55}))
    double = Client.objects.get(source_id=DOUBLE_SOURCE)
    DuplicatePair.objects.create(
        first=client, second=double, score=80, looked_like="x", found_at=timezone.now(), set_aside_at=timezone.now()
    )
    merge(client.pk, double.pk, {"name": "kept", "email": "kept"}, by=adele)
    client.refresh_from_db()


def _synced(client: Client) -> None:
    """A sync that contradicted the client, and could not take a value of its double; and as much of another one."""
    now = timezone.now()
    FieldConflict.objects.create(client=client, field="email", theirs=FORMER_EMAIL, first_seen_at=now, last_seen_at=now)
    conflict = {"field": "email", "ours": EMAIL, "theirs": FORMER_EMAIL, "source_id": SOURCE, "client": NAME}
    other = {"field": "email", "ours": "a@b.example", "theirs": "", "source_id": "autre", "client": "Autre"}
    refused = {"table": "Client", "id": DOUBLE_SOURCE, "column": "email", "value": "pas un e-mail", "reason": "Non."}
    SourceSync.objects.create(
        state="done", trigger="command", source="localhost", mapping="camel", started_at=timezone.now(),
        finished_at=timezone.now(), conflicts=[conflict, other], conflict_count=2,
        rejected=[refused, refused | {"id": "autre"}], rejected_count=2,
    )  # fmt: skip


def _imports(client: Client, adele: Any) -> None:
    """One that was done, with a line refused; one whose file still waits."""
    row = {"line": 3, "cells": ["x", NAME, EMAIL], "problems": [{"column": "Nom", "value": NAME, "reason": "Non."}]}
    other = {"line": 4, "cells": ["y", "Autre", "a@b.example"], "problems": []}
    done = FileImport.objects.create(
        file_name=f"{NAME}.csv", sha256="1" * 64, size=1, state="done", sent_at=timezone.now(), by=adele,
        done_at=timezone.now(), done_by=adele, rejected=[row, other], headings=[["Nom", NAME], ["Ville", "Angers"]],
        unplaced=[{"line": 2, "client": NAME, "reason": "Inconnue."}],
    )  # fmt: skip
    ImportedLine.objects.create(
        file_import=done, line=2, kind="changed", client=client, name=NAME, changes=[["Nom", FORMER_NAME, NAME]],
        before={"name": FORMER_NAME},
    )  # fmt: skip
    ImportedLine.objects.create(file_import=done, line=5, kind="created", client=None, name="Autre")
    stored, digest, size = keeping.keep([f"Nom;E-mail\n{NAME};{EMAIL}\n".encode()])
    FileImport.objects.create(
        file_name="attente.csv", sha256=digest, size=size, stored_as=stored, state="ready", sent_at=timezone.now()
    )


def _remembered(client: Client, adele: Any) -> None:
    """What the site itself keeps: the admin's log, a view of a list, a message in a session."""
    LogEntry.objects.create(
        user=adele, content_type=ContentType.objects.get_for_model(Client), object_id=str(client.pk),
        object_repr=NAME, action_flag=CHANGE, change_message=json.dumps([{"changed": {"object": NAME}}]),
    )  # fmt: skip
    SavedView.objects.create(owner=adele, page="clients", name="Ma cliente", query="q=zephirine+quincampoix")
    SavedView.objects.create(owner=adele, page="clients", name="Angers", query="city=Angers")
    session = SessionStore()
    # As the site does it: escaped for HTML, inside JSON, inside the session.
    said = format_html('Noté (<a href="#log">{}</a>).', NAME)
    session["_messages"] = MessageEncoder().encode([Message(constants.SUCCESS, said)])
    session["kept"] = "oui"
    session.save()


def rows_left(pk: int) -> dict[str, int]:
    """How many rows of each model that leads to clients are of this one."""
    return {item.name: item.rows_of([pk]).count() for item in hanging_on_clients()}


def dump() -> str:
    """Every cell of every table of the database, as text."""
    found: list[str] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [f"{table}: {row!r}" for row in cursor.fetchall()]
    # A session's cells are signed and packed: what they say is what counts.
    from django.contrib.sessions.models import Session

    found += [str(session.get_decoded()).encode().decode("unicode_escape") for session in Session.objects.all()]
    return "\n".join(found)


def long_ago(client: Client, years: int = 0, **more: Any) -> Client:
    """As if it had come, and changed, so long before now."""
    now = timezone.now()
    at = now.replace(year=now.year - years) - timedelta(**more)
    Client.objects.filter(pk=client.pk).update(created_at=at, changed_at=at)
    client.history.update(history_date=at, history_change_reason=Origin.SYNC.value)
    return client
