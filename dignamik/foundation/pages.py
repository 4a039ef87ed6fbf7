"""What every page shares: who may open it, and a kind word to those who may not."""

from __future__ import annotations

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

NO_ROLE = _(
    "Votre compte n’a pas le rôle qui ouvre cette page. Demandez-le à l’administration de Dignamik, "
    "en lui donnant votre identifiant et l’adresse de la page."
)


class RolePage(PermissionRequiredMixin):
    """A page behind one of Django's permissions. Login itself is the middleware's business."""

    raise_exception = True
    permission_denied_message = NO_ROLE


def came_from(request: HttpRequest, default: str) -> str:
    """The page that a form stood on, as its field `next` says, if it is one of ours; else `default`."""
    asked = request.POST.get("next", "")
    here = {request.get_host()}
    if asked.startswith("/") and url_has_allowed_host_and_scheme(asked, here, request.is_secure()):
        return asked
    return default
