"""What is held on one client, whole, for the person whose data they are: one JSON document.

Rows are written as the models hold them, under the names of their fields; `labels` says in French what each means.
Every model that leads to a client is walked, so that what is added later is in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model, QuerySet
from django.utils import timezone

from clients.erasing import planning
from clients.erasing.merges import borrowed
from clients.erasing.syncs import Spoken
from clients.hanging import hanging
from clients.imports import FileImport
from clients.models import Client
from clients.reach import hanging_on_clients, same_person
from clients.traces import Traces
from dignamik.foundation.audit import AuditEvent

FORMAT, VERSION = "dignamik-access", 1


def document(client: Client) -> dict[str, Any]:
    """All of it, ready for `json.dumps`. Times are ISO 8601 with their offset, amounts are text, unknown is null.

    `client`: its own fields. `doubles`: those of the clients merged into it; all that follows is of them too. `rows`:
    by model, everything that hangs on it, placements of all runs with their segment included. `history`: by model, each
    version with when, by whom and why. `imports`: what files said of it; `syncs`: values of it that syncs could not
    take. `log`: what was done to it in the administration; `audit`: what the audit trail knows, which ends sooner.

    Of a merge that was undone, and of the versions that it left, what the other one said is left out: it is theirs.
    """
    models, clients = hanging_on_clients(), same_person(client)
    pks = [each.pk for each in clients]
    mixed = borrowed(pks)
    rows = {item.name: _rows(item.rows_of(pks), pks) for item in models if not item.is_history}
    rows["merge"] = [_of_merge(row, pks) for row in rows["merge"]]
    versions = {
        item.name: _rows(item.rows_of(pks).exclude(pk__in=mixed.versions(item).values("pk")), pks)
        for item in models
        if item.is_history
    }
    going = planning.plan(client)
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_at": timezone.now().isoformat(),
        "client": _row(clients[0], pks),
        "doubles": [_row(each, pks) for each in clients[1:]],
        "rows": rows,
        "history": versions,
        "imports": _imports(clients, going),
        "syncs": [_of_sync(spoken) for spoken in going.syncs],
        "log": _rows(LogEntry.objects.filter(pk__in=going.logged).order_by("pk"), pks),
        "audit": _rows(
            AuditEvent.objects.filter(model=Client._meta.label_lower, object_id__in=[str(pk) for pk in pks]).order_by(
                "pk"
            ),
            pks,
        ),
        "labels": {"client": _labels(Client)} | {item.name: _labels(item.model) for item in models},
    }


def _of_merge(row: dict[str, Any], pks: Sequence[int]) -> dict[str, Any]:
    """Of a merge that was undone, what is about these clients: what they were before it."""
    strangers = [side for side in ("kept", "other") if row[side]["id"] not in pks]
    if not strangers:
        return row
    owners = {kind.model._meta.label_lower: kind.column for kind in hanging()} | {Client._meta.label_lower: "id"}
    mine = [
        {name: change[name] for name in ("model", "pk", "before")}
        for change in row["rows"]
        if change["before"].get(owners[change["model"]], change["after"][owners[change["model"]]]) in pks
    ]
    return row | {"rows": mine} | {f"{side}_name": None for side in strangers}


def _of_sync(spoken: Spoken) -> dict[str, Any]:
    return {
        "sync": spoken.sync.pk,
        "started_at": spoken.sync.started_at.isoformat(),
        "conflicts": list(spoken.conflicts),
        "rejected": list(spoken.rejected),
    }


def _imports(clients: Sequence[Client], going: planning.Plan) -> list[dict[str, Any]]:
    """Each file that spoke of the client, with the lines of it that do: taken ones stand in `rows` besides."""
    traces, pks = Traces.of(clients), [client.pk for client in clients]
    return [
        {
            "import": item.file_import.pk,
            "file_name": item.file_import.file_name,
            "sent_at": item.file_import.sent_at.isoformat(),
            "by": _said(item.file_import.by),
            "state": item.file_import.state,
            "lines": _rows(item.file_import.lines.filter(pk__in=item.lines), pks),
            "rejected": _refused(item.file_import, traces),
            "file_waits": bool(item.file),
        }
        for item in going.imports
    ]


def _refused(file_import: FileImport, traces: Traces) -> list[Any]:
    return [row for row in file_import.rejected if planning.speaks(row, traces)]


def _row(row: Model, pks: Collection[int]) -> dict[str, Any]:
    """The concrete fields of a row; what points at another row says which, and what people call it, unless that is a
    client who is none of these."""
    found: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if field.is_relation and value is not None:
            # A version of the history may point at what is no more.
            value = _named(getattr(row, field.name, None), pks) or {"id": value}
        found[field.name] = _said(value)
    return found


def _named(value: Any, pks: Collection[int]) -> Any:
    return {"id": value.pk} if isinstance(value, Client) and value.pk not in pks else value


def _rows(rows: QuerySet[Any], pks: Collection[int]) -> list[dict[str, Any]]:
    """With what they point at, in one query."""
    pointing = [field.name for field in rows.model._meta.concrete_fields if field.is_relation]
    return [_row(row, pks) for row in (rows.select_related(*pointing) if pointing else rows)]


def _said(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _said(each) for key, each in value.items()}
    if isinstance(value, AbstractBaseUser):
        return value.get_username()
    if isinstance(value, Model):
        return {"id": value.pk, "is": str(value._meta.verbose_name), "name": str(value)}
    return [_said(each) for each in value] if isinstance(value, Iterable) else str(value)


def _labels(model: type[Model]) -> dict[str, str]:
    return {field.name: str(getattr(field, "verbose_name", field.name)) for field in model._meta.concrete_fields}
