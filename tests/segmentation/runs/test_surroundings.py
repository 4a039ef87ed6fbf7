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
