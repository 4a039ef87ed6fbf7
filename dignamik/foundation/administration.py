"""What every page of the Django admin shares: bounded lists, rows that nobody edits, histories that nobody rewrites."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import IntegrityError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin

from dignamik.foundation.auditing import Kind, latest_version, note
from dignamik.foundation.proving import ask_again, is_fresh

logger = logging.getLogger(__name__)

admin.site.site_header = "Dignamik"
admin.site.site_title = "Dignamik"
admin.site.index_title = "Administration"

LONGEST_ID = 18  # digits; a longer number is no key of a 64-bit column
REFUSED = _("La base de données a refusé cet enregistrement : il contredit un autre. Rien n’a été modifié.")


class OnRecord:
    """Puts on the audit trail whatever the admin adds, changes or deletes, with Django's own log of it and in its
    transaction. What changed is told by the labels of fields and the row of the object's history."""

    # What became of the object → the kind of event. What its own writer puts on record is left out.
    recorded: ClassVar[Mapping[str, str]] = {"added": Kind.CREATED, "changed": Kind.CHANGED, "deleted": Kind.DELETED}

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._record("added", request, obj, message)
        return super().log_addition(request, obj, message)  # type: ignore[misc]

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._record("changed", request, obj, message)
        return super().log_change(request, obj, message)  # type: ignore[misc]

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for obj in queryset:
            self._record("deleted", request, obj, ())
        return super().log_deletions(request, queryset)  # type: ignore[misc]

    def told_of(self, obj: Any) -> dict[str, Any]:
        """What else to say of an object, nothing personal."""
        return {}

    def _record(self, became: str, request: HttpRequest, obj: Any, message: Any) -> None:
        kind = self.recorded.get(became)
        if kind is None:
            return
        parts = [part for said in ([] if isinstance(message, str) else message) for part in said.values()]
        fields = [str(label) for part in parts for label in part.get("fields", ())]
        beside = sorted({str(part["name"]) for part in parts if "name" in part})
        history = latest_version(obj) if hasattr(obj, "history") and became != "deleted" else ()
        more = {"became": became, "fields": fields, "beside": beside, **self.told_of(obj)}
        note(kind, request, about=obj, history=history, **{name: said for name, said in more.items() if said != []})


class BoundedAdmin(OnRecord, admin.ModelAdmin):  # type: ignore[type-arg]
    """Lists that cost the same at ten rows and at a million, and a database's refusal said to people."""

    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False
    save_on_top = True

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the list offers to filter by. Django lets any column of the model through (`?email__startswith=`),
        so that a list tells by its length what its reader may not see."""
        offered = [item[0] if isinstance(item, tuple) else item for item in self.get_list_filter(request)]  # type: ignore[arg-type]
        offered += [item.parameter_name for item in offered if hasattr(item, "parameter_name")]
        names = {name for name in (*offered, self.date_hierarchy) if isinstance(name, str)}
        return lookup.split("__")[0] in names and super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            return self.refused(request)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().delete_view(request, *args, **kwargs)
        except IntegrityError:
            return self.refused(request)

    def refused(self, request: HttpRequest) -> HttpResponse:
        """Forms check every truth first; what gets here lost a race with somebody else."""
        logger.exception("The database refused what the admin's form let through.")
        self.message_user(request, REFUSED, messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())


class ReadOnlyAdmin(BoundedAdmin):
    """Rows that a computation or a command writes: to look at."""

    save_on_top = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class FreshAdmin:
    """Before `ModelAdmin` among the bases: adding, changing and deleting ask for the password when the login is old.
    Looking does not."""

    has_change_permission: Any
    has_add_permission: Any

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        writes = self.has_change_permission(request) or self.has_add_permission(request)
        if writes and not is_fresh(request):
            return ask_again(request)
        return super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not is_fresh(request):
            return ask_again(request)
        return super().delete_view(request, *args, **kwargs)  # type: ignore[misc]

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "POST" and not is_fresh(request):  # an action on ticked rows
            return ask_again(request)
        return super().changelist_view(request, *args, **kwargs)  # type: ignore[misc]

    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Of the admin of users alone."""
        if not is_fresh(request):
            return ask_again(request)
        return super().user_change_password(request, *args, **kwargs)  # type: ignore[misc]


class HistoryAdmin(BoundedAdmin, SimpleHistoryAdmin):
    """Who changed what and when, to read.

    The library would write back an old version for whoever may *view* it, show the history of rows outside the
    admin's own queryset, and stumble over an address that is no number.
    """

    object_history_list_template = "admin/history_list.html"

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self._check_reach(request, object_id)
        return super().history_view(request, object_id, extra_context)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        self._check_reach(request, object_id)
        if not is_key(version_id):
            raise Http404
        return super().history_form_view(request, object_id, version_id, extra_context)  # type: ignore[no-any-return]

    def _check_reach(self, request: HttpRequest, object_id: str) -> None:
        """404 for what is not in this person's own list, deleted rows included."""
        if not is_key(object_id) or not self.get_queryset(request).filter(pk=object_id).exists():
            raise Http404


def is_key(text: str) -> bool:
    """Whether a part of an address can be a primary key."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID


def named(person: Any) -> str:
    """An account as colleagues call it, without a link: accounts are not everybody's to open. "" for nobody."""
    return str(person.get_full_name() or person.get_username()) if person else ""
