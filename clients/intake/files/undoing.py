"""Taking an import back, as long as nobody has changed what it brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from clients.facts import Origin, Stamp, reason_shown
from clients.imports import FileImport, ImportedLine
from clients.intake.errors import IntakeError
from clients.models import Category, Client, Followers, Turnover
from clients.restoring import restore, take_back
from dignamik.foundation import french
from dignamik.foundation.auditing import Kind, note

NOT_DONE = _("Cet import n’est pas dans la base : il n’y a rien à annuler.")


@dataclass(frozen=True)
class Edited:
    """A client of the import that is no longer as the import left it. `client` None: it is gone."""

    client: int | None
    name: str
    at: datetime | None = None
    by: str = ""
    reason: str = ""


class EditedSince(IntakeError):
    """Undoing would overwrite what was edited since; the import's page names it."""

    def __init__(self, count: int) -> None:
        super().__init__(
            ngettext(
                "%(count)s\u00a0client a changé depuis cet import : l’annuler effacerait ce travail. "
                "Rien n’a été modifié.",
                "%(count)s\u00a0clients ont changé depuis cet import : l’annuler effacerait ce travail. "
                "Rien n’a été modifié.",
                count,
            )
            % {"count": french.grouped(count)}
        )


@transaction.atomic
def undo(pk: int, by: Any) -> FileImport:
    """Withdraw the clients that an import created, and give the others back what they had.

    Raises:
        EditedSince: what it brought was changed since.
        IntakeError: it is not in the base, or what it replaced has been deleted.
    """
    file_import = FileImport.objects.select_for_update().get(pk=pk)
    if file_import.state != FileImport.State.DONE:
        raise IntakeError(NOT_DONE)
    lines = list(file_import.lines.defer("changes"))
    brought = Client.objects.filter(pk__in=file_import.lines.values("client"))
    list(brought.order_by("pk").select_for_update().values_list("pk"))
    edited = moved_since(file_import).count()
    if edited:
        raise EditedSince(edited)
    stamp = Stamp(Origin.UNDO, timezone.now(), by, which=f"n° {pk}")
    by_kind: dict[str, dict[int, Any]] = {kind: {} for kind in ImportedLine.Kind.values}
    for line in lines:
        if line.client_id is not None:
            by_kind[line.kind][line.client_id] = line.before
    changed = by_kind[ImportedLine.Kind.CHANGED]
    _check_types(changed.values())
    restore(changed, stamp)
    take_back(sorted(by_kind[ImportedLine.Kind.CREATED]), stamp)
    file_import.state = FileImport.State.UNDONE
    file_import.undone_at, file_import.undone_by = stamp.at, by
    file_import.save()
    note(Kind.IMPORT_UNDONE, by, about=file_import, count=len(lines), moment=stamp.at.isoformat())
    return file_import


def moved_since(file_import: FileImport) -> QuerySet[ImportedLine]:
    """Lines whose client something or somebody has changed since, or deleted.

    The one writer dates each change of a client, so that another moment than the import's tells.
    """
    if file_import.done_at is None:
        return file_import.lines.none()
    return file_import.lines.exclude(client__changed_at=file_import.done_at)


def described(lines: Sequence[ImportedLine], since: datetime) -> list[Edited]:
    """The same for people: the latest change of each, from the history."""
    pks = [line.client_id for line in lines if line.client_id is not None]
    latest: dict[int, Any] = {}
    for model, owner in ((Client, "id"), (Followers, "client_id"), (Turnover, "client_id")):
        rows = model.history.filter(**{f"{owner}__in": pks}, history_date__gt=since).select_related("history_user")
        for row in rows.order_by("history_date"):
            pk = getattr(row, owner)
            if pk not in latest or latest[pk].history_date < row.history_date:
                latest[pk] = row
    return [_edited(line, latest.get(line.client_id or 0)) for line in lines]


def _edited(line: ImportedLine, row: Any) -> Edited:
    if row is None:
        return Edited(line.client_id, line.name)
    who = row.history_user
    name = (who.get_full_name() or who.get_username()) if who is not None else ""
    return Edited(line.client_id, line.name, row.history_date, name, reason_shown(row.history_change_reason or ""))


def _check_types(facts: Any) -> None:
    """The type of business that a client had may be gone since: nothing would hold it any more."""
    wanted = {said["category_id"] for said in facts if said.get("category_id") is not None}
    if wanted - set(Category.objects.filter(pk__in=wanted).values_list("pk", flat=True)):
        raise IntakeError(
            _(
                "Un type d’entreprise que cet import avait remplacé a été supprimé depuis : l’import ne peut plus être "
                "annulé. Rien n’a été modifié."
            )
        )
