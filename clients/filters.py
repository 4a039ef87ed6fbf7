"""The filters of a list of clients: one set, one meaning, for page, map, export and API."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone

from clients.models import Category, Client
from clients.places import DEPARTMENTS, fold, fold_town
from dignamik.foundation.filtering import (
    BoundingBoxFilter,
    MomentFilter,
    NumberFilter,
    StableOrdering,
    StrictFilterSet,
    if_storable,
)

NOBODY = "aucun"  # ?manager=aucun: clients that nobody looks after


class CategoryFilter(django_filters.CharFilter):
    """A category by its number or its name."""

    def filter(self, qs: QuerySet[Client], value: str) -> QuerySet[Client]:
        if not value:
            return qs
        return qs.filter(category=int(value)) if value.isdecimal() else qs.filter(category__name__iexact=value)


@if_storable
def known_category(value: str) -> None:
    found = Q(pk=value) if value.isascii() and value.isdecimal() and len(value) < 19 else Q(name__iexact=value)
    if value and not Category.objects.filter(found).exists():
        raise ValidationError("Ce type d’entreprise n’existe pas.")


@if_storable
def known_sector(value: str) -> None:
    if value and not Client.objects.filter(sector=value).exists():
        raise ValidationError("Ce secteur n’existe pas.")


@if_storable
def known_manager(value: str) -> None:
    if value and value != NOBODY and not get_user_model().objects.filter(username=value).exists():
        raise ValidationError("Ce chargé de compte n’existe pas.")


class ClientFilter(StrictFilterSet):
    """Filters on what the book of record knows. `segmentation.filters.PortfolioFilter` adds the segments."""

    q = django_filters.CharFilter(label="Recherche", method="search", max_length=200)
    category = CategoryFilter(label="Type d’entreprise", validators=[known_category], max_length=120)
    sector = django_filters.CharFilter(label="Secteur", validators=[known_sector], max_length=120)
    city = django_filters.CharFilter(label="Ville", method="in_city", max_length=120)
    department = django_filters.ChoiceFilter(
        label="Département", choices=[(code, f"{department.name} ({code})") for code, department in DEPARTMENTS.items()]
    )
    manager = django_filters.CharFilter(
        label="Chargé de compte", method="looked_after_by", validators=[known_manager], max_length=150
    )
    status = django_filters.ChoiceFilter(label="Statut", choices=Client.Status.choices)
    turnover_min = NumberFilter(label="CA minimum", field_name="turnover", lookup_expr="gte")
    turnover_max = NumberFilter(label="CA maximum", field_name="turnover", lookup_expr="lte")
    followers_min = NumberFilter(label="Abonnés minimum", field_name="followers", lookup_expr="gte")
    followers_max = NumberFilter(label="Abonnés maximum", field_name="followers", lookup_expr="lte")
    bbox = BoundingBoxFilter(label="Zone de la carte")
    placed = django_filters.TypedChoiceFilter(
        label="Position",
        method="on_the_map",
        choices=[("true", "connue"), ("false", "inconnue")],
        coerce=lambda value: value == "true",
    )

    follow_up = django_filters.ChoiceFilter(
        label="Relance",
        method="to_follow_up",
        choices=[("due", "aujourd’hui ou en retard"), ("later", "à venir"), ("none", "aucune")],
    )
    new_since = MomentFilter(label="Arrivés depuis", field_name="created_at", lookup_expr="gt")
    do_not_contact = django_filters.TypedChoiceFilter(
        label="Démarchage",
        method="may_be_called",
        choices=[("false", "possible"), ("true", "refusé par le client")],
        coerce=lambda value: value == "true",
    )

    ORDERINGS = {
        "name_folded": "name",
        "city_folded": "city",
        "category__name": "category",
        "sector": "sector",
        "status": "status",
        "turnover": "turnover",
        "followers": "followers",
        "client_since": "client_since",
        "next_follow_up": "follow_up",
        "account_manager__username": "manager",
    }
    ordering = StableOrdering(label="Tri", fields=ORDERINGS)

    class Meta:
        model = Client
        fields: list[str] = []

    def search(self, queryset: QuerySet[Client], name: str, value: str) -> QuerySet[Client]:
        """Every word of the text somewhere in the name, the town or the postal code; case and accents ignored.

        A town's own abbreviations too: "st" is "saint" there.
        """
        for word in fold(value).split():
            queryset = queryset.filter(
                Q(name_folded__contains=word)
                | Q(city_folded__contains=fold_town(word) or word)
                | Q(postal_code__startswith=word)
            )
        return queryset

    def in_city(self, queryset: QuerySet[Client], name: str, value: str) -> QuerySet[Client]:
        return queryset.filter(city_folded=fold_town(value))

    def on_the_map(self, queryset: QuerySet[Client], name: str, value: Any) -> QuerySet[Client]:
        """With a position, or without one; "" is no answer and filters nothing."""
        return queryset if value == "" else queryset.filter(latitude__isnull=not value)

    def looked_after_by(self, queryset: QuerySet[Client], name: str, value: str) -> QuerySet[Client]:
        if value == NOBODY:
            return queryset.filter(account_manager=None)
        return queryset.filter(account_manager__username=value)

    def to_follow_up(self, queryset: QuerySet[Client], name: str, value: str) -> QuerySet[Client]:
        """What is due or to come is a list of calls: who may not be contacted is not in it."""
        if value == "none":
            return queryset.filter(next_follow_up=None)
        today = timezone.localdate()
        term = {"next_follow_up__lte": today} if value == "due" else {"next_follow_up__gt": today}
        return queryset.filter(do_not_contact=False, **term)

    def may_be_called(self, queryset: QuerySet[Client], name: str, value: Any) -> QuerySet[Client]:
        """ "" is no answer and filters nothing."""
        return queryset if value == "" else queryset.filter(do_not_contact=value)
