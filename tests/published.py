"""Clients with a published run over them, in milliseconds: one model is trained a session, on planted data.

Clients enter through the one door, places come from the run's document: nothing here is a stand-in for the real thing.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from clients.facts import ClientFacts, Origin, Reading, Stamp
from clients.models import Client
from clients.recording import record
from segmentation.engine.recipe import Effort, default_recipe
from segmentation.engine.training import Fit, train
from segmentation.models import Assignment, Profile, Publication, Run, Segment
from segmentation.runs import frames
from segmentation.runs.placing import placed
from tests.planted import agency_portfolio

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STAMP = Stamp(Origin.DEMO, NOW)
NAMES = ("Têtes d’affiche", "Valeurs sûres", "En devenir", "Discrets")
TOWNS = (("Angers", "49000"), ("Nantes", "44000"), ("Saint-Étienne", "42000"), ("Lyon", "69003"))
TRADES = (("Boulangerie", "Commerce de proximité"), ("Restaurant", "Restauration"), ("Garage", "Artisanat"))


def facts(name: str, manager: str = "", at: int = 0, **fields: Any) -> ClientFacts:
    """One client as a source tells it; `at` varies town, trade, figures and what is unknown."""
    town, postal_code = TOWNS[at % len(TOWNS)]
    category, sector = TRADES[at % len(TRADES)]
    said: dict[str, Any] = {
        "name": name, "city": town, "postal_code": postal_code, "sector": sector, "account_manager_name": manager,
        "status": ("active", "active", "inactive", "prospect")[at % 4], "client_since": date(2021, 1 + at % 12, 1),
    }  # fmt: skip
    return ClientFacts(
        source_id=f"source-{name}",
        fields=said | fields,
        category=category,
        readings={} if at % 5 == 4 else {"facebook": Reading(150 * at), "instagram": Reading(7 * at * at)},
        turnover={} if at % 6 == 5 else {2024: Decimal(9000 * at), 2025: Decimal(10000 * at) - 500},
    )


def a_client(name: str, manager: str = "", at: int = 1, **fields: Any) -> Client:
    """One recorded client, in the portfolio of the user of that name."""
    record([facts(name, manager, at, **fields)], STAMP)
    return Client.objects.get(source_id=f"source-{name}")


def some_clients(count: int, manager: str = "", prefix: str = "Client") -> list[Client]:
    """Recorded clients of every kind, named so that their order is known."""
    record([facts(f"{prefix} {at:03}", manager, at) for at in range(count)], STAMP)
    return list(Client.objects.filter(name__startswith=prefix).order_by("pk"))


@functools.cache
def trained() -> Fit:
    """Four groups on planted data, with little effort: the model is a prop here."""
    effort = Effort(starts=5, bootstraps=2, null_draws=1)
    recipe = replace(default_recipe(), effort=effort, clusters=4, k_min=3, k_max=5)
    return train(agency_portfolio(3, clients=160).frame, recipe)


def a_run(state: str = "published", **fields: Any) -> Run:
    """A run with its model, segments and profiles. Published runs share their segments, as continued ones do."""
    fit = trained()
    document = replace(fit.document, stable=tuple(f"segment-{label}" for label in range(fit.k)))
    run = Run.objects.create(
        state=state,
        **{
            "as_of": date(2026, 11, 23), "seed": 1, "k": fit.k, "clients": len(fit.index), "finished_at": NOW,
            "recipe": fit.recipe.to_dict(), "document": document.to_dict(), "verdict": asdict(fit.verdict),
            "scores": {str(item.k): asdict(item) | {"stability": item.stability} for item in fit.candidates},
            "choice": asdict(fit.choice),
            **fields,
        },
    )  # fmt: skip
    for profile in fit.profiles:
        name = NAMES[profile.label]
        segment, _ = Segment.objects.get_or_create(
            slug=f"segment-{profile.label}", defaults={"name": name, "colour": profile.label}
        )
        data = asdict(profile) | {"suggested_name": name, "based_on": ["Beaucoup d’abonnés."], "typical": []}
        Profile.objects.create(run=run, segment=segment, cluster=profile.label, size=profile.size, data=data)
    if state == Run.State.PUBLISHED:
        Publication.objects.create(run=run)
    return run


def place_all(run: Run, clients: Iterable[Client] | None = None) -> None:
    """Assign these clients (all present ones) as the run's model says."""
    chosen = Client.objects.present()
    if clients is not None:
        chosen = chosen.filter(pk__in=[client.pk for client in clients])
    frame = frames.read(chosen, run.as_of)
    segments = {profile.cluster: profile.segment for profile in run.profiles.select_related("segment")}
    places = placed(frame.columns, trained().document, segments)
    values = [frame.values(at) for at in range(len(frame.pks))]
    Assignment.objects.bulk_create(
        Assignment(
            run=run, client_id=pk, segment=found.segment, second=found.second, standing=found.standing,
            x=found.x, y=found.y, distance=found.distance, second_distance=found.second_distance, margin=found.margin,
            possible=[segment.slug for segment in found.possible], unknown=list(found.unknown),
            settling=list(found.settling), values=seen, scored_at=NOW, facts_at=facts_at,
        )
        for pk, found, seen, facts_at in zip(frame.pks, places, values, frame.changed_at, strict=True)
    )  # fmt: skip


def published() -> Run:
    """A published run over everybody recorded so far."""
    run = a_run()
    place_all(run)
    return run
