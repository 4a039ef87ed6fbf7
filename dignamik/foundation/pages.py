"""What every page shares: who may open it, and a kind word to those who may not."""

from __future__ import annotations

from django.contrib.auth.mixins import PermissionRequiredMixin

NO_ROLE = (
    "Votre compte n’a pas le rôle qui ouvre cette page. Demandez-le à l’administration de Dignamik, "
    "en lui donnant votre identifiant et l’adresse de la page."
)


class RolePage(PermissionRequiredMixin):
    """A page behind one of Django's permissions. Login itself is the middleware's business."""

    raise_exception = True
    permission_denied_message = NO_ROLE
