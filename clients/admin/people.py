"""Who works here: users with the size of their portfolio.

An admin is no superuser, and does not become one here: superusers and their passwords are out of reach.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from dignamik.foundation.administration import OnRecord
from dignamik.foundation.auditing import Kind

RECORDED = {"added": Kind.ACCOUNT, "changed": Kind.ACCOUNT, "deleted": Kind.ACCOUNT}
ONLY_SUPERUSERS = ("is_superuser", "user_permissions")


def out_of_reach(request: HttpRequest, user: Any) -> bool:
    """A superuser's account, for anybody else."""
    return isinstance(user, User) and user.is_superuser and not request.user.is_superuser


admin.site.unregister([User, Group])


@admin.register(Group)
class RoleAdmin(OnRecord, GroupAdmin):
    """Roles. What each may do from now on is on record."""

    recorded: ClassVar[Mapping[str, str]] = RECORDED

    def told_of(self, obj: Group) -> dict[str, Any]:
        held = obj.permissions.values_list("content_type__app_label", "codename") if obj.pk else ()
        return {"permissions": sorted(f"{app}.{name}" for app, name in held)}


@admin.register(User)
class PeopleAdmin(OnRecord, UserAdmin):  # type: ignore[type-arg]
    recorded: ClassVar[Mapping[str, str]] = RECORDED
    list_display = ("username", "email", "first_name", "last_name", "roles", "portfolio_size", "is_active", "is_staff")
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        present = Count("portfolio", filter=Q(portfolio__withdrawn_at=None))
        people: QuerySet[User] = super().get_queryset(request)
        return people.annotate(portfolio_size=present).prefetch_related("groups")

    def told_of(self, obj: User) -> dict[str, Any]:
        """What the account may do from now on."""
        return {
            "roles": sorted(obj.groups.values_list("name", flat=True)) if obj.pk else [],
            "active": obj.is_active,
            "staff": obj.is_staff,
            "superuser": obj.is_superuser,
        }

    @admin.display(description=_("rôles"))
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all()) or str(_("aucun"))

    @admin.display(description=_("portefeuille"), ordering="portfolio_size")
    def portfolio_size(self, user: Any) -> int:
        return int(user.portfolio_size)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, *ONLY_SUPERUSERS)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_change_permission(request, obj) and not out_of_reach(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not out_of_reach(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The bulk action asks for no single object's permission: here it does."""
        found, counts, missing, protected = super().get_deleted_objects(objs, request)
        if any(out_of_reach(request, user) for user in objs):
            missing = {*missing, str(_("superutilisateur"))}
        return found, counts, missing, protected
