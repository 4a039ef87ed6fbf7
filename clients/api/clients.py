"""Clients, as the book of record knows them. `segmentation.api.portfolio` adds where a run places them.

Docstrings of serializers and actions are what the API's documentation shows to people: they are in French.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, ClassVar

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.confidential import CONTACT_DETAILS, sees_contact_details
from clients.filters import ClientFilter
from clients.models import Client, Followers, HeldService, Turnover
from clients.querysets import ClientQuerySet
from dignamik.foundation.resources import Resource, key

HIDDEN = "Vide : inconnu. Null : votre rôle ne voit pas les coordonnées."


class ClientRow(serializers.Serializer[Any]):
    """Un client dans une liste. Null : inconnu, jamais 0."""

    id = serializers.IntegerField()
    source_id = serializers.CharField(allow_null=True, help_text="Identifiant dans la base d’origine.")
    name = serializers.CharField()
    category_id = serializers.IntegerField(allow_null=True)
    category = serializers.CharField(allow_null=True, help_text="Type d’entreprise.")
    sector = serializers.CharField(help_text="Vide : inconnu.")
    status = serializers.ChoiceField(choices=Client.Status.choices)
    city = serializers.CharField()
    postal_code = serializers.CharField()
    department = serializers.CharField()
    latitude = serializers.FloatField(allow_null=True)
    longitude = serializers.FloatField(allow_null=True)
    precision = serializers.ChoiceField(
        choices=[("", "non placé"), *Client.Precision.choices], help_text="Comment la position a été trouvée."
    )
    manager = serializers.CharField(allow_null=True, help_text="Chargé de compte (identifiant).")
    turnover = serializers.DecimalField(
        max_digits=14,
        decimal_places=2,
        allow_null=True,
        help_text="CA du client, dernière année connue.",
    )
    turnover_year = serializers.IntegerField(allow_null=True)
    followers = serializers.IntegerField(allow_null=True, help_text="Somme des derniers relevés connus.")
    client_since = serializers.DateField(allow_null=True)
    next_follow_up = serializers.DateField(allow_null=True, help_text="Prochaine relance. Null : aucune.")
    changed_at = serializers.DateTimeField()


class ReadingOut(serializers.Serializer[Any]):
    """Un relevé d’abonnés sur un réseau."""

    platform = serializers.ChoiceField(choices=Followers.Platform.choices)
    count = serializers.IntegerField(allow_null=True)
    has_account = serializers.BooleanField(allow_null=True)
    measured_on = serializers.DateField()


class TurnoverOut(serializers.Serializer[Any]):
    """Le chiffre d’affaires d’une année."""

    year = serializers.IntegerField()
    amount = serializers.DecimalField(max_digits=14, decimal_places=2)


class ServiceOut(serializers.Serializer[Any]):
    """Un service déjà vendu au client."""

    service = serializers.ChoiceField(choices=HeldService.Service.choices)
    since = serializers.DateField(allow_null=True)


class ClientDetail(ClientRow):
    """Tout ce que l’on sait d’un client."""

    email = serializers.CharField(allow_null=True, help_text=HIDDEN)
    phone = serializers.CharField(allow_null=True, help_text=HIDDEN)
    address = serializers.CharField(allow_null=True, help_text=HIDDEN)
    website = serializers.CharField()
    has_website = serializers.BooleanField(allow_null=True)
    do_not_contact = serializers.BooleanField()
    is_personal = serializers.BooleanField(help_text="Données d’une personne ; vrai dans le doute.")
    profiling_objected_at = serializers.DateTimeField(
        allow_null=True, help_text="Opposition au profilage en vigueur depuis. Null : aucune."
    )
    notes = serializers.CharField(allow_null=True, help_text=HIDDEN)
    services_known = serializers.BooleanField(help_text="Faux : la liste des services n’est pas complète.")
    services = ServiceOut(many=True)
    readings = ReadingOut(many=True)
    turnovers = TurnoverOut(many=True)


class Clients(Resource):
    """The clients that the person may see, filtered by the same names as the page and the export."""

    permission_required = ("clients.view_client",)
    queryset = Client.objects.none()
    filterset_class = ClientFilter
    row_class = ClientRow
    detail_class = ClientDetail
    # Name in the answer → column. `values_list` of these: a list builds no instances.
    columns: ClassVar[dict[str, str]] = {
        **{name: name for name in ClientRow._declared_fields},
        "category": "category__name",
        "manager": "account_manager__username",
        "precision": "position_precision",
    }
    details = (
        "email", "phone", "address", "website", "has_website", "do_not_contact", "is_personal",
        "profiling_objected_at", "notes", "services_known",
    )  # fmt: skip

    def get_queryset(self) -> ClientQuerySet:
        return Client.objects.visible_to(self.request.user)

    def list(self, request: Request) -> Response:
        """Liste des clients visibles, une page à la fois."""
        found = self.filter_queryset(self.get_queryset())
        page = self.paginate_queryset(found.values_list(*self.columns.values()))
        return self.get_paginated_response([self.row(self.columns, values) for values in page or ()])

    def body(self, pk: str) -> dict[str, Any]:
        """All that one visible client's answer says. Raises Http404."""
        columns = self.columns | {name: name for name in self.details}
        found = self.get_queryset().filter(pk=key(pk)).values_list(*columns.values()).first()
        if found is None:
            raise Http404
        row = self.row(columns, found)
        if not sees_contact_details(self.request.user):
            row |= dict.fromkeys(CONTACT_DETAILS)
        return self.whole(row)

    def row(self, names: Iterable[str], values: Iterable[Any]) -> dict[str, Any]:
        """One line of the answer from one row of the database."""
        row = dict(zip(names, values, strict=True))
        row["turnover"] = euros(row["turnover"])
        return row

    def whole(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row of one client, with what hangs on it."""
        pk = row["id"]
        readings = Followers.objects.filter(client=pk).values("platform", "count", "has_account", "measured_on")
        amounts = Turnover.objects.filter(client=pk).values_list("year", "amount")
        return row | {
            "services": list(HeldService.objects.filter(client=pk).values("service", "since")),
            "readings": list(readings),
            "turnovers": [{"year": year, "amount": euros(amount)} for year, amount in amounts],
        }


def euros(amount: Decimal | None) -> str | None:
    """An amount as text: a JSON number would be read back as a float."""
    return None if amount is None else f"{amount:.2f}"
