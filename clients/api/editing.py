"""Correcting one client over the API: what may be said, on what had been read, and through the one writer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as looked_up
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from clients import recording
from clients.api.clients import Clients
from clients.confidential import CONTACT_DETAILS, sees_contact_details
from clients.facts import Origin, Stamp
from clients.locating import PositionRefused
from clients.models import Category, Client
from clients.places import repair_postal_code
from clients.querysets import CHANGES, ClientQuerySet, may_change
from dignamik.foundation.preconditions import STALE, expected, is_known, tag_of
from dignamik.foundation.refusals import PROBLEM, Refusal, StrictSerializer, problem
from dignamik.foundation.resources import key
from dignamik.foundation.strict_fields import Degrees, Text, WholeNumber, YesNo

LARGEST_KEY = 10**18 - 1
NOT_YOURS = _("Seules les personnes qui suivent ce client peuvent le corriger.")
NO_CATEGORY = _("Ce type d’entreprise n’existe pas.")
NO_PERSON = _("Aucun compte actif n’a cet identifiant.")
NOT_TO_ASSIGN = _("Votre rôle ne permet pas de confier des clients.")
HIDDEN = _("Votre rôle ne montre pas ces coordonnées\u00a0: il ne peut pas les corriger.")
BAD_CODE = _("Ce code postal n’est pas français\u00a0: cinq chiffres sont attendus.")
HALF = _("Donnez la latitude et la longitude, ou aucune des deux.")
NAMELESS = _("Un client a un nom.")
TAG = OpenApiParameter(
    "ETag", str, OpenApiParameter.HEADER, response=[200], description="La version du client que cette réponse donne."
)
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER,
    description="Obligatoire\u00a0: l’ETag du client tel que vous l’avez lu. Absent ou «\u00a0*\u00a0»\u00a0: 428\u00a0"
    "; périmé\u00a0: 412, avec l’ETag actuel.",
)  # fmt: skip
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="Un ETag déjà lu\u00a0: 304 si rien n’a changé depuis."
)


def text(name: str, **said: Any) -> Text:
    longest = getattr(Client._meta.get_field(name), "max_length", None) or 10_000
    return Text(max_length=longest, allow_blank=name != "name", **said)


class ClientChange(StrictSerializer):
    """Les données à corriger, et elles seules. Null ou vide : inconnu. Sans coordonnées, la ville place le client."""

    name = text("name")
    category_id = WholeNumber(min_value=1, max_value=LARGEST_KEY, allow_null=True)
    sector = text("sector", help_text="Celui du type d’entreprise l’emporte.")
    status = serializers.ChoiceField(choices=Client.Status.choices)
    email = serializers.EmailField(max_length=254, allow_blank=True)
    phone = text("phone")
    address = text("address")
    postal_code = Text(max_length=20, allow_blank=True)
    city = text("city")
    latitude = Degrees(allow_null=True, min_value=-90, max_value=90)
    longitude = Degrees(allow_null=True, min_value=-180, max_value=180)
    website = text("website")
    has_website = YesNo(allow_null=True)
    services_known = YesNo()
    do_not_contact = YesNo()
    client_since = serializers.DateField(allow_null=True)
    notes = text("notes")
    manager = Text(max_length=150, allow_null=True, help_text="Chargé de compte (identifiant).")

    def validate_name(self, said: str) -> str:
        name = " ".join(said.split())
        if not name:
            raise ValidationError(NAMELESS)
        return name

    def validate_postal_code(self, said: str) -> str:
        code = repair_postal_code(said) if said else ""
        if code is None:
            raise ValidationError(BAD_CODE)
        return code

    def validate_category_id(self, said: int | None) -> Category | None:
        found = Category.objects.filter(pk=said).first() if said is not None else None
        if said is not None and found is None:
            raise ValidationError(NO_CATEGORY)
        return found

    def validate_manager(self, said: str | None) -> Any:
        found = get_user_model().objects.filter(username=said, is_active=True).first() if said else None
        if said is not None and found is None:
            raise ValidationError(NO_PERSON)
        return found


@contextmanager
def held(rows: ClientQuerySet, pk: int) -> Iterator[Client]:
    """The client, nobody else's to write until the block ends, which commits. Raises Http404."""
    with transaction.atomic():
        client = rows.select_for_update(of=("self",)).filter(pk=pk).first()
        if client is None:
            raise Http404
        yield client


class EditableClients(Clients):
    """The clients, each with its version and a way to correct it."""

    @property
    def answers(self) -> dict[int, Any]:  # type: ignore[override]
        if self.action == "partial_update":
            return {200: self.detail_class, 412: Refusal, 428: Refusal}
        return {200: self.detail_class, 304: None} if self.action == "retrieve" else {}

    def written(self, client: Client) -> None:
        """Called after a client was written, before the answer is made."""

    @extend_schema(parameters=[IF_NONE_MATCH, TAG])
    def retrieve(self, request: Request, pk: str) -> Response:
        """Un client visible, avec ses relevés, ses chiffres d’affaires et sa version (ETag)."""
        body = self.body(pk)
        tag = tag_of(body)
        if is_known(request, tag):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": tag})
        return Response(body, headers={"ETag": tag})

    @extend_schema(request=ClientChange(partial=True), parameters=[IF_MATCH, TAG])
    def partial_update(self, request: Request, pk: str) -> Response:
        """Corriger un client, tel que vous l’avez lu (If-Match)."""
        visible = Client.objects.visible_to(request.user)
        found = visible.filter(pk=key(pk)).first()
        if found is None:
            raise Http404
        if not may_change(request.user, found):
            raise PermissionDenied(NOT_YOURS)
        tags = expected(request)
        asked = ClientChange(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        if not sees_contact_details(request.user) and not set(CONTACT_DETAILS).isdisjoint(asked.validated_data):
            raise PermissionDenied(HIDDEN)
        if "manager" in asked.validated_data and not request.user.has_perm(CHANGES):
            raise ValidationError({"manager": [NOT_TO_ASSIGN]})
        with held(visible, found.pk) as client:
            tag = tag_of(self.body(pk))
            if tag not in tags:  # a strong comparison: a weak tag is never equal
                stale = status.HTTP_412_PRECONDITION_FAILED
                refusal = problem(stale, "precondition_failed", STALE)
                return Response(refusal, stale, headers={"ETag": tag}, content_type=PROBLEM)
            changed = put(client, asked.validated_data)
            if changed:
                stamp = Stamp(Origin.API, timezone.now(), request.user)
                try:
                    recording.save(client, changed=changed, user=request.user, stamp=stamp)
                except PositionRefused as refused:
                    raise ValidationError({"latitude": [looked_up(str(refused))]}) from None
        if changed:
            self.written(client)
        body = self.body(pk)
        return Response(body, headers={"ETag": tag_of(body)})


NAMED: Mapping[str, str] = {"category_id": "category", "manager": "account_manager"}


def put(client: Client, said: Mapping[str, Any]) -> set[str]:
    """Put what was said on the client; returns the fields that differ."""
    changed = set()
    for name, value in said.items():
        field = NAMED.get(name, name)
        if getattr(client, field) != value:
            setattr(client, field, value)
            changed.add(field)
    if changed & recording.POSITION and (client.latitude is None) != (client.longitude is None):
        raise ValidationError({"latitude": [HALF]})
    return changed
