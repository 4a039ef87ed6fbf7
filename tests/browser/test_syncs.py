"""Following the internal database in a real Chromium: its pages fit, are accessible, and follow what is pending."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import expect

from clients.models import SourceSync
from dignamik.foundation.models import Job
from tests.browser.conftest import LOOKS, Scheme, Visit

Open = Callable[..., Visit]


def a_sync(state: str, **fields: Any) -> SourceSync:
    now = timezone.now()
    return SourceSync.objects.create(
        state=state, trigger="schedule", source="db.example:5432/internal", mapping="camel", started_at=now,
        finished_at=now, **fields,
    )  # fmt: skip


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_page_of_syncs_is_accessible_and_fits(
    open_as: Open, adele: User, transactional_db: None, settings: Any, width: int, scheme: Scheme
) -> None:
    settings.SOURCE_DATABASE_URL = "postgresql://reader@127.0.0.1:1/internal"
    tally = {"created": 1, "updated": 2, "unchanged": 3}
    refused = {
        "table": "Client",
        "id": "c" * 60,
        "column": "email",
        "value": "x" * 100,
        "reason": "Illisible.",
    }
    conflict = {"source_id": "c1", "client": "Chez Paul", "field": "phone", "ours": "", "theirs": "02 61 91 00 00"}
    good = a_sync(
        "done", counts={"clients": {**tally, "withdrawn": 4}, "followers": tally, "turnover": tally},
        rejected=[refused], rejected_count=1, conflicts=[conflict], conflict_count=1,
    )  # fmt: skip
    stopped = a_sync("stopped", error="La source n’a plus 420 des 1600 clients connus.")
    visit = open_as(adele, width=width, scheme=scheme)
    for path in ("/sync/", good.get_absolute_url(), stopped.get_absolute_url(), "/"):
        visit.go(path)
        visit.sound()


def test_one_asks_for_a_sync_and_the_page_comes_anew_once_it_ended(
    open_as: Open, adele: User, transactional_db: None, settings: Any
) -> None:
    settings.SOURCE_DATABASE_URL = "postgresql://reader@127.0.0.1:1/internal"
    page = open_as(adele).go("/sync/")
    page.get_by_role("button", name="Synchroniser maintenant").click()
    expect(page.locator("#job")).to_contain_text("en file d’attente")
    Job.objects.update(state="running")
    expect(page.locator("#job")).to_contain_text("en cours")
    Job.objects.update(state="done", finished_at=timezone.now())
    a_sync("done", counts={"clients": {"created": 0, "updated": 0, "unchanged": 0, "withdrawn": 0}})
    expect(page.get_by_role("button", name="Synchroniser maintenant")).to_be_visible()
    expect(page.get_by_role("cell", name="réussie")).to_be_visible()
