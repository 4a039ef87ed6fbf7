"""Truths that the database itself holds, whoever writes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction

from clients.models import Client, Followers, Turnover
from tests.builders import NOON, client, day

pytestmark = pytest.mark.django_db


def refused(make: Any, **values: Any) -> bool:
    try:
        with transaction.atomic():
            make(**values)
    except (IntegrityError, DataError, ValidationError):
        return True
    return False


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"source_id": ""},
        {"status": "paused"},
        {"latitude": 47.5},
        {"latitude": 47.5, "longitude": -0.5},
        {"latitude": 47.5, "position_precision": "given"},
        {"latitude": 0.0, "longitude": 0.0, "position_precision": "given"},
        {"latitude": 91.0, "longitude": 0.5, "position_precision": "given"},
        {"position_precision": "commune"},
        {"turnover": Decimal("1")},
        {"turnover_year": 2025},
    ],
)
def test_a_client_that_contradicts_itself_is_refused(wrong: dict[str, Any]) -> None:
    right = {"name": "X", "status": "active", "created_at": NOON, "changed_at": NOON}
    assert refused(Client.objects.create, **right | wrong)
    assert not refused(Client.objects.create, **right)


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": None},
        {"count": -1},
        {"platform": "minitel"},
        {"count": 5, "has_account": False},
    ],
)
def test_a_reading_that_says_nothing_or_nonsense_is_refused(wrong: dict[str, Any]) -> None:
    right = {"client": client(), "platform": "facebook", "count": 5, "measured_on": day("2025-01-01")}
    assert refused(Followers.objects.create, **right | wrong)
    assert not refused(Followers.objects.create, **right)
    assert refused(Followers.objects.create, **right), "one reading a day"


def test_no_account_a_known_zero_and_unknown_are_three_facts() -> None:
    owner = client()
    assert not refused(
        Followers.objects.create, client=owner, platform="tiktok", has_account=False, measured_on=day("2025-01-01")
    )
    assert not refused(
        Followers.objects.create, client=owner, platform="youtube", count=0, measured_on=day("2025-01-01")
    )
    owner.refresh_from_db()
    assert owner.followers is None, "nothing was recorded through the door"


@pytest.mark.parametrize("wrong", [{"year": 1889}, {"amount": Decimal("1E12")}, {"amount": Decimal("NaN")}])
def test_an_absurd_turnover_is_refused(wrong: dict[str, Any]) -> None:
    right = {"client": client(), "year": 2025, "amount": Decimal("-500")}
    assert refused(Turnover.objects.create, **right | wrong)
    assert not refused(Turnover.objects.create, **right), "credit notes exist"
    assert refused(Turnover.objects.create, **right), "one amount a year"
