"""The four roles, as Django groups, and the one permission class of the API.

The groups and what each may do are written by a migration of `segmentation`, the app that stands on all others;
an admin can adjust them afterwards.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from dignamik.foundation.models import ApiToken

ACCOUNT_MANAGER = "Chargé de compte"
HEAD_OF_SALES = "Responsable commercial"
ANALYST = "Analyste"
ADMIN = "Administration"
NOT_COVERED = _("Ce jeton ne couvre pas ce droit : %(scope)s.")
ROLES = (ACCOUNT_MANAGER, HEAD_OF_SALES, ANALYST, ADMIN)
# The Django admin is where the recipe is edited; an analyst reads there what their role may read anyway.
INTO_THE_ADMIN = (ADMIN, ANALYST)


class HoldsPermission(BasePermission):
    """Signed in, by a token with the right scope if by a token, and holding every permission that the view names in
    `permission_required`.

    Django's own names (`clients.view_client`), so that pages and API ask the same question.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        if not (user and user.is_authenticated):
            return False
        if isinstance(request.auth, ApiToken) and (needed := scope(request, view)) not in request.auth.scopes:
            raise PermissionDenied(NOT_COVERED % {"scope": needed})
        required: tuple[str, ...] = view.permission_required
        return user.has_perms(required)


def scope(request: Request, view: Any) -> str:
    """What a token must cover for this request: `read` or `write` by its method, unless the view says otherwise."""
    if request.method in SAFE_METHODS:
        return str(ApiToken.Scope.READ)
    return str(getattr(view, "write_scope", ApiToken.Scope.WRITE))
