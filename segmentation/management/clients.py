"""The client that somebody at a terminal names."""

from __future__ import annotations

from django.core.management.base import CommandError
from django.db.models import Q

from clients.models import Client
from dignamik.foundation.administration import is_key

HELP = "numéro du client, ou son identifiant dans la base d’origine"


def client_called(text: str) -> Client:
    """By its number or its identifier, withdrawn ones included; of a double, whom it was merged into.

    Raises CommandError for none, or for two.
    """
    asked = Q(source_id=text) | Q(pk=text) if is_key(text) else Q(source_id=text)
    found = list(Client.objects.filter(asked))
    if len(found) > 1:
        pks = " et ".join(str(client.pk) for client in found)
        raise CommandError(f"« {text} » désigne deux clients, l’un par son numéro ({pks}) : donnez l’autre nom.")
    if not found:
        raise CommandError(f"Aucun client ne porte le numéro ni l’identifiant « {text} ».")
    return found[0].merged_into or found[0]
