"""Department and size of the town go into the profiles, and the model does not look at them."""

from __future__ import annotations

from typing import Any

import pytest

from clients.models import Client
from clients.recording import record
from segmentation.models import Assignment, Profile
from segmentation.runs.retraining import Asked, retrain
from segmentation.runs.surroundings import LARGEST, surroundings
from tests.published import facts
from tests.segmentation.runs.conftest import STAMP


@pytest.mark.django_db
def test_towns_are_read_as_department_and_band_of_size_unknown_where_nobody_knows() -> None:
    record(
        [
            facts("Grande ville", city="Lyon", postal_code="69003"),
            facts("Village", city="Oradour-sur-Glane", postal_code="87520"),
            facts("Nulle part", city="", postal_code=""),
        ],
        STAMP,
    )
    pks = [Client.objects.get(name=name).pk for name in ("Village", "Nulle part", "Grande ville")]

    found = surroundings(pks)

    assert found["department"] == ["Haute-Vienne", None, "Rhône"]
    assert found["town_size"] == ["2\u202f000 à 10\u202f000 habitants", None, LARGEST]


def test_a_retrain_keeps_them_in_the_profiles_with_rule_and_turnover_share(portfolio: Any) -> None:
    Client.objects.filter(pk__in=Client.objects.values("pk")[:80]).update(department="49")

    retrain(Asked(clusters=4))

    profiles = list(Profile.objects.all())
    shares = [profile.data["turnover_share"] for profile in profiles]
    assert sum(shares) == pytest.approx(1.0)
    for profile in profiles:
        department = next(item for item in profile.data["extra_words"] if item["name"] == "department")
        assert department["known"] + department["unknown"] == profile.size
        assert profile.data["rule_says"].endswith("des clients).")
        assert profile.data["rule"]["coverage"] > 0.5
    kept = Assignment.objects.first()
    assert kept is not None and "department" not in kept.values


def test_segments_that_repeat_the_department_are_warned_about_with_the_figure_and_not_held(portfolio: Any) -> None:
    first = retrain(Asked(clusters=4))
    said = [gate["says"] for gate in first.verdict["gates"] if "département" in gate["says"]]
    assert len(said) == 1 and "autre chose" in said[0]
    for place in Assignment.objects.filter(run=first.run).select_related("segment"):
        code = {slug: code for (slug, _, _), code in zip(first.segments, ("01", "49", "69", "87"), strict=True)}
        if place.segment is not None:
            Client.objects.filter(pk=place.client_id).update(department=code[place.segment.slug])

    again = retrain(Asked(clusters=4))

    gate = next(gate for gate in again.verdict["gates"] if "département" in gate["says"])
    assert (gate["passed"], gate["level"]) == (False, "warn")
    assert "répètent presque la colonne «\u00a0département\u00a0» (V de Cramér corrigé" in gate["says"]
    assert again.verdict["passed"]
    assert not any("commune «" in item["says"] or "ville" in item["says"] for item in again.verdict["gates"])
