"""The filters of a list of clients: one set, one meaning, for page, map, export and API."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial, reduce
from operator import or_
from typing import Any

import django_filters
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.completeness import LACKS, lacking
from clients.confidential import CONTACT_DETAILS, sees_contact_details
from clients.models import Category, Client
from clients.nearness import NearFilter
from clients.places import DEPARTMENTS, fold, fold_town
from clients.plausibility import ANY, OLD, WRONG, looks_wrong
from dignamik.foundation.areas import PolygonFilter
from dignamik.foundation.filtering import (
    BoundingBoxFilter,
    MomentFilter,
    NumberFilter,
    SeveralFilter,
    StableOrdering,
    StrictFilterSet,
    refuse_strangers,
)

WRONG_AT_ALL = _("au moins une")
NOBODY = "aucun"  # ?manager=aucun: clients that nobody looks after
LONGEST_ID = 18  # digits; a longer number is no key of a 64-bit column


def in_categories(values: Sequence[str], at: str = "") -> Q:
    """Of categories given by number or by name, over clients (`at="category__"`) or over the categories themselves."""
    numbers = {int(value) for value in values if is_key(value)}
    found = Q(**{f"{at}pk__in": numbers})
    for name in values:
        if not is_key(name):
            found |= Q(**{f"{at}name__iexact": name})
    return found


def is_key(value: str) -> bool:
    """Whether a text can be a primary key."""
    return value.isascii() and value.isdecimal() and len(value) <= LONGEST_ID


def known_categories(values: Sequence[str]) -> None:
    found = Category.objects.filter(in_categories(values)).values_list("pk", "name")
    names = {text.casefold() for pk, name in found for text in (str(pk), name)}
    refuse_strangers(values, [value for value in values if value.casefold() in names])


def known_sectors(values: Sequence[str], user: Any = None) -> None:
    """Of a type of business, which everybody may read, or of a client that this person sees: else the answer would say
    that a colleague has a client of that sector."""
    seen = Client.objects.visible_to(user) if user else Client.objects.none()
    found = {
        *Category.objects.filter(sector__in=values).values_list("sector", flat=True),
        *seen.filter(sector__in=values).order_by().values_list("sector", flat=True).distinct(),
    }
    refuse_strangers(values, found)


def known_managers(values: Sequence[str]) -> None:
    found = set(get_user_model().objects.filter(username__in=values).values_list("username", flat=True))
    refuse_strangers(values, {NOBODY, *found})


class ClientFilter(StrictFilterSet):
    """Filters on what the book of record knows. `segmentation.filters.PortfolioFilter` adds the segments."""

    q = django_filters.CharFilter(label=_("Recherche"), method="search", max_length=200)
    category = SeveralFilter(
        label=_("Type d’entreprise"), method="of_categories", validators=[known_categories], max_length=120
    )
    sector = SeveralFilter(label=_("Secteur"), validators=[known_sectors], max_length=120)
    city = SeveralFilter(label=_("Ville"), method="in_cities", max_length=120)
    department = SeveralFilter(
        label=_("Département"),
        choices=[(code, f"{department.name} ({code})") for code, department in DEPARTMENTS.items()],
    )
    manager = SeveralFilter(
        label=_("Chargé de compte"), method="looked_after_by", validators=[known_managers], max_length=150
    )
    status = SeveralFilter(label=_("Statut"), choices=Client.Status.choices)
    turnover_min = NumberFilter(label=_("CA minimum"), field_name="turnover", lookup_expr="gte")
    turnover_max = NumberFilter(label=_("CA maximum"), field_name="turnover", lookup_expr="lte")
    followers_min = NumberFilter(label=_("Abonnés minimum"), field_name="followers", lookup_expr="gte")
    followers_max = NumberFilter(label=_("Abonnés maximum"), field_name="followers", lookup_expr="lte")
    bbox = BoundingBoxFilter(label=_("Zone de la carte"))
    area = PolygonFilter(label=_("Zone dessinée"), x="longitude", y="latitude")
    near = NearFilter(label=_("Autour d’un point"))
    placed = django_filters.TypedChoiceFilter(
        label="Position",
        method="on_the_map",
        choices=[("true", _("connue")), ("false", _("inconnue"))],
        coerce=lambda value: value == "true",
    )
    precision = SeveralFilter(
        label=_("Précision de la position"), field_name="position_precision", choices=Client.Precision.choices
    )
    misplaced = SeveralFilter(
        label=_("Problème de position"), field_name="place_problem", choices=Client.PlaceProblem.choices
    )
    lacks = django_filters.ChoiceFilter(label=_("Donnée inconnue"), method="lacking", choices=[*LACKS.items()])
    implausible = django_filters.ChoiceFilter(
        label=_("Valeur à vérifier"),
        method="looking_wrong",
        choices=[(ANY, WRONG_AT_ALL), *WRONG.items(), *OLD.items()],
    )
    follow_up = django_filters.ChoiceFilter(
        label=_("Relance"),
        method="to_follow_up",
        choices=[("due", _("aujourd’hui ou en retard")), ("later", _("à venir")), ("none", _("aucune"))],
    )
    new_since = MomentFilter(label=_("Arrivés depuis"), field_name="created_at", lookup_expr="gt")
    do_not_contact = django_filters.TypedChoiceFilter(
        label=_("Démarchage"),
        method="may_be_called",
        choices=[("false", "possible"), ("true", _("refusé par le client"))],
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
    ordering = StableOrdering(label=_("Tri"), fields=ORDERINGS)

    RANGES = {"turnover": _("CA"), "followers": _("Abonnés")}

    class Meta:
        model = Client
        fields: list[str] = []

    def __init__(self, *args: Any, **settings: Any) -> None:
        """What can be asked for is what this reader may see: no sector of others' clients alone, and no contact detail
        that is lacking for who may not see any."""
        super().__init__(*args, **settings)
        if self.request is not None:
            self.filters["sector"].field.validators = [partial(known_sectors, user=self.request.user)]
        if self.request is not None and not sees_contact_details(self.request.user):
            self.filters["lacks"].field.choices = [item for item in LACKS.items() if item[0] not in CONTACT_DETAILS]

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

    def of_categories(self, queryset: QuerySet[Client], name: str, value: list[str]) -> QuerySet[Client]:
        return queryset.filter(in_categories(value, at="category__"))

    def in_cities(self, queryset: QuerySet[Client], name: str, value: list[str]) -> QuerySet[Client]:
        """However the towns are written; what has no letter is no town, rather than "no town"."""
        return queryset.filter(city_folded__in=[folded for folded in map(fold_town, value) if folded])

    def on_the_map(self, queryset: QuerySet[Client], name: str, value: Any) -> QuerySet[Client]:
        """With a position, or without one; "" is no answer and filters nothing."""
        return queryset if value == "" else queryset.filter(latitude__isnull=not value)

    def lacking(self, queryset: QuerySet[Client], name: str, value: str) -> QuerySet[Client]:
        """Of whom this is unknown, in the book of record."""
        return queryset.filter(lacking(value))

    def looking_wrong(self, queryset: QuerySet[Client], name: str, value: str) -> QuerySet[Client]:
        """Who has a value of this kind that deserves a look; "any": of a kind that may be an error."""
        return queryset.filter(self.wrong(value))

    def wrong(self, kind: str) -> Q:
        """Whom a kind concerns."""
        return reduce(or_, map(looks_wrong, WRONG)) if kind == ANY else looks_wrong(kind)

    def looked_after_by(self, queryset: QuerySet[Client], name: str, value: list[str]) -> QuerySet[Client]:
        found = Q(account_manager__username__in=value)
        return queryset.filter(found | Q(account_manager=None) if NOBODY in value else found)

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
