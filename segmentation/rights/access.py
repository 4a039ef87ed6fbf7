"""What is held on one client, whole, for the person whose data they are: one JSON document.

Rows are written as the models hold them, under the names of their fields; `labels` says in French what each means.
Every model that leads to a client is walked, so that what is added later is in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model, QuerySet
from django.utils import timezone

from clients.erasing import planning
from clients.imports import FileImport
from clients.models import Client
from clients.reach import hanging_on_clients
from clients.traces import Traces

FORMAT, VERSION = "dignamik-access", 1


def document(client: Client) -> dict[str, Any]:
    """All of it, ready for `json.dumps`. Times are ISO 8601 with their offset, amounts are text, unknown is null.

    `client`: its own fields. `rows`: by model, everything that hangs on it, placements of all runs with their segment
    included. `history`: by model, each version with when, by whom and why. `imports`: what files said of it. `log`:
    what was done to it in the administration.
    """
    hanging = hanging_on_clients()
    rows = {item.name: _rows(item.rows_of(client.pk)) for item in hanging if not item.is_history}
    versions = {item.name: _rows(item.rows_of(client.pk)) for item in hanging if item.is_history}
    going = planning.plan(client)
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_at": timezone.now().isoformat(),
        "client": _row(client),
        "rows": rows,
        "history": versions,
        "imports": _imports(client, going),
        "log": _rows(LogEntry.objects.filter(pk__in=going.logged).order_by("pk")),
        "labels": {"client": _labels(Client)} | {item.name: _labels(item.model) for item in hanging},
    }


def _imports(client: Client, going: planning.Plan) -> list[dict[str, Any]]:
    """Each file that spoke of the client, with the lines of it that do: taken ones stand in `rows` besides."""
    traces = Traces.of(client)
    return [
        {
            "import": item.file_import.pk,
            "file_name": item.file_import.file_name,
            "sent_at": item.file_import.sent_at.isoformat(),
            "by": _said(item.file_import.by),
            "state": item.file_import.state,
            "lines": _rows(item.file_import.lines.filter(pk__in=item.lines)),
            "rejected": _refused(item.file_import, traces),
            "file_waits": bool(item.file),
        }
        for item in going.imports
    ]


def _refused(file_import: FileImport, traces: Traces) -> list[Any]:
    return [row for row in file_import.rejected if planning.speaks(row, traces)]


def _row(row: Model) -> dict[str, Any]:
    """The concrete fields of a row; what points at another row says which, and what people call it."""
    found: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if field.is_relation and value is not None:
            # A version of the history may point at what is no more.
            value = getattr(row, field.name, None) or {"id": value}
        found[field.name] = _said(value)
    return found


def _rows(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    """With what they point at, in one query."""
    pointing = [field.name for field in rows.model._meta.concrete_fields if field.is_relation]
    return [_row(row) for row in (rows.select_related(*pointing) if pointing else rows)]


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
