"""The four roles, as Django groups, and the one permission class of the API.

The groups and what each may do are written by a migration of `segmentation`, the app that stands on all others;
an admin can adjust them afterwards.
"""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

ACCOUNT_MANAGER = "Chargé de compte"
HEAD_OF_SALES = "Responsable commercial"
ANALYST = "Analyste"
ADMIN = "Administration"
ROLES = (ACCOUNT_MANAGER, HEAD_OF_SALES, ANALYST, ADMIN)


class HoldsPermission(BasePermission):
    """Signed in, and holding every permission that the view names in `permission_required`.

    Django's own names (`clients.view_client`), so that pages and API ask the same question.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        if not (user and user.is_authenticated):
            return False
        required: tuple[str, ...] = view.permission_required
        return user.has_perms(required)
