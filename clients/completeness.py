"""What is known of clients and what is not: one meaning of "unknown" for filters, counts and shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, When
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clients.confidential import CONTACT_DETAILS, sees_contact_details
from clients.models import Client, Followers

Label = str | Promise


@dataclass(frozen=True)
class Fact:
    """One thing to know of a client. It is unknown where every column of `unknown` holds the value given there."""

    label: Label
    unknown: Mapping[str, Any]


FACTS: Mapping[str, Fact] = {
    "category": Fact(_("Type d’entreprise"), {"category_id": None}),
    "sector": Fact(_("Secteur d’activité"), {"sector": ""}),
    "turnover": Fact(_("Chiffre d’affaires"), {"turnover": None}),
    "followers": Fact(_("Abonnés"), {"followers": None}),
    "client_since": Fact(_("Client depuis"), {"client_since": None}),
    "phone": Fact(_("Téléphone"), {"phone": ""}),
    "email": Fact(_("E-mail"), {"email": ""}),
    "address": Fact(_("Adresse"), {"address": ""}),
    "postal_code": Fact(_("Code postal"), {"postal_code": ""}),
    "city": Fact(_("Ville"), {"city": ""}),
    "position": Fact(_("Position sur la carte"), {"latitude": None}),
    "website": Fact(_("Site web"), {"website": "", "has_website": None}),
    "services": Fact(_("Services détenus"), {"services_known": False}),
    "manager": Fact(_("Chargé de compte"), {"account_manager_id": None}),
}
"""What a client's completeness counts, each as much as another."""

NETWORKS: Mapping[str, Label] = {
    f"followers_{value}": format_lazy("{} {}", _("Abonnés"), label) for value, label in Followers.Platform.choices
}
"""Readings network by network. They are no facts of their own in a client's share: one known network is "abonnés"."""

SENIORITY, FIGURES = "seniority_years", "figures"
LACKS: Mapping[str, Label] = {
    **{name: fact.label for name, fact in FACTS.items()},
    **NETWORKS,
    SENIORITY: _("Ancienneté"),
    FIGURES: _("Abonnés et chiffre d’affaires"),
}
"""Everything that the filter `lacks` can ask for."""


def lacking(name: str, at: str = "") -> Q:
    """Who lacks one of LACKS, as a condition on clients (`at=""`) or on what points to them (`at="client__"`).

    `figures` is whoever no run can train on: neither turnover nor followers known. For a model a date still to come is
    no seniority, and a reading still to come is none.
    """
    today = timezone.localdate()
    if name == SENIORITY:
        return Q(**{f"{at}client_since": None}) | Q(**{f"{at}client_since__gt": today})
    if name == FIGURES:
        return lacking("turnover", at) & lacking("followers", at)
    if name in NETWORKS:
        known = Q(count__isnull=False) | Q(has_account=False)
        platform = name.removeprefix("followers_")
        readings = Followers.objects.filter(known, platform=platform, measured_on__lte=today)
        return Q(~Exists(readings.filter(client=OuterRef(f"{at}pk"))))
    return Q(**{f"{at}{column}": value for column, value in FACTS[name].unknown.items()})


def facts_for(user: Any) -> Mapping[str, Fact]:
    """FACTS without those that this person may not see: nor is whether they are known told to who may not."""
    if sees_contact_details(user):
        return FACTS
    return {name: fact for name, fact in FACTS.items() if name not in CONTACT_DETAILS}


def known_facts(facts: Iterable[str] = FACTS) -> Any:
    """How many of these are known of a client, as an expression over clients."""
    terms = (Case(When(lacking(name), then=0), default=1, output_field=IntegerField()) for name in facts)
    return reduce(add, terms)


def missing_of(client: Client, facts: Mapping[str, Fact] = FACTS) -> list[str]:
    """The names of these facts that are unknown of one client. Asks the database nothing."""
    return [
        name
        for name, fact in facts.items()
        if all(getattr(client, column) == value for column, value in fact.unknown.items())
    ]
