"""Each attempt to follow the internal database: kept, shown, asked for, at set times, told to the admins."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from clients.intake.errors import IntakeError
from clients.intake.source import attempting, syncing
from clients.intake.source.attempting import Wanted, follow
from clients.intake.source.working import SyncSchedule
from clients.models import Client, Demo, SourceSync
from clients.recording import save
from dignamik.foundation.checks import refuse_a_schedule_that_no_clock_reads, refuse_syncs_of_nothing
from dignamik.foundation.french import moment
from dignamik.foundation.jobs import work_once
from dignamik.foundation.models import Job
from dignamik.work import KINDS
from segmentation.models import Assignment
from tests.builders import PrismaSource, client
from tests.published import published, some_clients
from tests.reading import body, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
Committed = Callable[..., Any]
AWAY = "postgresql://u:secret@127.0.0.1:1/x"
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def source(source_database: str, settings: Any) -> PrismaSource:
    """The database that the settings name."""
    settings.SOURCE_DATABASE_URL = source_database
    return PrismaSource(source_database)


@pytest.fixture
def admin(adele: User) -> Browser:
    return signed_in(adele)


def sync(**options: Any) -> None:
    call_command("sync_source", stdout=io.StringIO(), **options)


def page(browser: Browser, address: str = "/sync/") -> str:
    response = browser.get(address)
    assert response.status_code == 200
    return body(response)


def worked() -> Job:
    """Let a worker do what waits."""
    job = work_once(KINDS)
    assert job is not None
    job.refresh_from_db()
    return job


# --- The record ------------------------------------------------------------------------------------------------------


def test_a_sync_is_kept_with_what_it_did(source: PrismaSource) -> None:
    source.add("c1", email="x", phone="02 61 91 00 00")
    sync()
    found = Client.objects.get()
    found.phone = "02 61 91 11 11"
    save(found, changed=["phone"])
    sync()
    second, first = SourceSync.objects.all()
    assert (first.state, first.trigger, first.by, first.mapping) == ("done", "command", None, "camel")
    assert first.counts["clients"] == {"created": 1, "updated": 0, "unchanged": 0, "withdrawn": 0}
    assert (first.rejected_count, first.rejected[0]["column"], first.conflict_count) == (1, "email", 0)
    assert "secret" not in first.source and "@" not in first.source
    assert second.conflicts == [{
        "source_id": "c1", "client": "Maison c1", "field": "phone",
        "ours": "02 61 91 11 11", "theirs": "02 61 91 00 00",
    }]  # fmt: skip
    assert second.seconds is not None and second.seconds >= 0


def test_a_dry_run_is_no_attempt(source: PrismaSource) -> None:
    source.add("c1")
    sync(dry_run=True)
    assert not SourceSync.objects.exists()


def test_a_source_that_is_down_leaves_the_mirror_and_its_record_says_why(adele: User) -> None:
    client("c1")
    with pytest.raises(CommandError):
        sync(url=AWAY)
    found = SourceSync.objects.get()
    assert (found.state, "ne répond pas" in found.error, found.counts) == ("failed", True, {})
    assert "secret" not in found.error + found.source
    assert Client.objects.present().count() == 1


def test_a_shrunken_source_stops_the_sync_until_somebody_accepts_it(source: PrismaSource) -> None:
    source.add_many(10)
    sync()
    for number in range(3):
        source.remove(f"c00{number}")
    with pytest.raises(CommandError, match="--force"):
        sync()
    assert SourceSync.objects.values_list("state", flat=True).first() == "stopped"
    assert Client.objects.present().count() == 10
    sync(force=True)
    last = SourceSync.objects.all()[0]
    assert (last.state, last.forced, last.counts["clients"]["withdrawn"]) == ("done", True, 3)


def test_a_mapping_that_makes_no_sense_is_a_failed_attempt_too(source: PrismaSource, settings: Any) -> None:
    settings.SOURCE_MAPPING = "wide"
    with pytest.raises(IntakeError, match="« wide »"):
        follow(Wanted(SourceSync.Trigger.SCHEDULE))
    assert SourceSync.objects.get().mapping == "wide"


def test_the_mapping_of_the_settings_is_the_one_that_is_read(source: PrismaSource, settings: Any) -> None:
    settings.SOURCE_MAPPING = "flat"
    with pytest.raises(IntakeError, match="« clients » n’existe pas"):
        follow(Wanted(SourceSync.Trigger.SCHEDULE))


def test_what_nobody_foresaw_is_kept_as_a_failure_and_goes_on_up(
    source: PrismaSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    source.add("c1")
    monkeypatch.setattr(syncing, "seen", broken)
    with pytest.raises(RuntimeError):
        follow(Wanted(SourceSync.Trigger.COMMAND))
    assert (SourceSync.objects.get().state, Client.objects.count()) == ("failed", 0)


def test_one_that_was_killed_is_found_out_by_the_next(source: PrismaSource) -> None:
    SourceSync.objects.create(trigger="schedule", started_at=timezone.now())
    follow(Wanted(SourceSync.Trigger.COMMAND))
    assert [(each.state, "Interrompue" in each.error) for each in SourceSync.objects.all()] == [
        ("done", False), ("failed", True),
    ]  # fmt: skip


def test_very_many_refused_values_are_counted_and_the_first_are_kept(
    source: PrismaSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempting, "MOST_KEPT", 2)
    for number in range(4):
        source.add(f"c{number}", email="x")
    sync()
    found = SourceSync.objects.get()
    assert (found.rejected_count, len(found.rejected)) == (4, 2)


# --- A word to the admins --------------------------------------------------------------------------------------------


def test_admins_read_why_a_sync_failed_and_of_when_the_data_are(
    cast: dict[str, User], source: PrismaSource, settings: Any, django_capture_on_commit_callbacks: Committed
) -> None:
    settings.SITE_URL = "https://dignamik.example.fr"
    with django_capture_on_commit_callbacks(execute=True):
        sync()
    assert mail.outbox == [], "a good sync is no news"
    good = SourceSync.objects.get()
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(CommandError):
        sync(url=AWAY)
    (sent,) = mail.outbox
    failed = SourceSync.objects.all()[0]
    assert sent.to == ["adele@dignamik.example"]
    assert sent.subject == f"Dignamik : synchronisation n° {failed.pk} en échec"
    assert "ne répond pas" in sent.body and "secret" not in sent.body
    assert f"les données du {timezone.localtime(good.started_at):%d/%m/%Y à %H:%M}" in sent.body
    assert f"https://dignamik.example.fr/sync/{failed.pk}/" in sent.body


def test_admins_are_told_when_the_guard_stops_a_sync(
    adele: User, source: PrismaSource, django_capture_on_commit_callbacks: Committed
) -> None:
    source.add_many(4)
    sync()
    source.remove("c000")
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(CommandError):
        sync()
    assert "arrêtée" in mail.outbox[0].subject and "1 des 4 clients" in mail.outbox[0].body


# --- The overview ----------------------------------------------------------------------------------------------------


def test_the_overview_says_of_when_the_data_are(source: PrismaSource, helene: User, adele: User) -> None:
    published()
    assert "Base interne" not in page(signed_in(helene), "/")
    sync()
    SourceSync.objects.update(started_at=datetime(2026, 11, 12, 4, tzinfo=PARIS))
    html = page(signed_in(helene), "/")
    assert "Base interne\u00a0: données du" in html.replace("&nbsp;", "\u00a0")
    assert moment(datetime(2026, 11, 12, 4, tzinfo=PARIS)) in html
    assert "/sync/" not in html
    assert 'href="/sync/"' in page(signed_in(adele), "/")


def test_after_a_failure_the_overview_says_so_to_all_and_why_to_admins(
    source: PrismaSource, helene: User, adele: User
) -> None:
    published()
    sync()
    with pytest.raises(CommandError):
        sync(url=AWAY)
    everybody, admins = page(signed_in(helene), "/"), page(signed_in(adele), "/")
    for html in (everybody, admins):
        assert "a échoué" in html and "montrent les données du" in html
    assert "ne répond pas" in admins and "ne répond pas" not in everybody
    sync()
    assert "a échoué" not in page(signed_in(adele), "/"), "the next good one ends it"


# --- The page --------------------------------------------------------------------------------------------------------


def test_the_page_asks_for_a_sync_once_and_a_worker_carries_it_out_with_its_placements(
    source: PrismaSource, admin: Browser, adele: User
) -> None:
    some_clients(30)
    run = published()
    source.add("new", followers={"facebook": 500}, turnover={2025: "40000"})
    assert "Synchroniser maintenant" in page(admin)
    assert "Synchronisation demandée" in body(admin.post("/sync/", follow=True))
    assert "déjà demandée" in body(admin.post("/sync/", follow=True))
    assert "en file d’attente" in page(admin) and "Synchroniser maintenant" not in page(admin)
    assert Job.objects.count() == 1
    assert worked().state == Job.State.DONE
    found = SourceSync.objects.get()
    assert (found.state, found.trigger, found.by) == ("done", "web", adele)
    assert Assignment.objects.filter(run=run, client__source_id="new").exists()
    assert "Synchroniser maintenant" in page(admin)


def test_a_sync_that_fails_in_the_worker_is_a_failed_job_with_the_sentence(admin: Browser, settings: Any) -> None:
    settings.SOURCE_DATABASE_URL = AWAY
    admin.post("/sync/")
    job = worked()
    assert (job.state, "ne répond pas" in job.error) == (Job.State.FAILED, True)
    html = page(admin)
    assert "a échoué" in html and "Aucune n’a encore réussi" in html and "secret" not in html


def test_what_the_guard_stopped_can_be_accepted_on_the_page(source: PrismaSource, admin: Browser) -> None:
    source.add_many(4)
    sync()
    assert 'name="force"' not in page(admin)
    source.remove("c000")
    with pytest.raises(CommandError):
        sync()
    assert 'name="force"' in page(admin)
    admin.post("/sync/", {"force": "yes"})
    worked()
    assert Client.objects.present().count() == 3
    assert 'name="force"' not in page(admin)


def test_where_there_is_no_source_or_only_the_demonstration_nothing_is_asked_for(
    admin: Browser, source: PrismaSource, settings: Any
) -> None:
    Demo.objects.create(seed=1, planted_on="2026-11-23")
    assert "Synchroniser maintenant" not in page(admin)
    assert "démonstration" in body(admin.post("/sync/", follow=True))
    settings.SOURCE_DATABASE_URL = ""
    assert "SOURCE_DATABASE_URL" in page(admin)
    assert "n’est configurée" in body(admin.post("/sync/", follow=True))
    assert not Job.objects.exists()


def test_an_analyst_reads_and_asks_for_nothing(source: PrismaSource, anais: User) -> None:
    sync()
    html = page(signed_in(anais))
    assert "réussie" in html and "Synchroniser maintenant" not in html
    assert signed_in(anais).post("/sync/").status_code == 403


def test_htmx_gets_what_is_pending_alone_and_the_whole_page_once_it_ended(source: PrismaSource, admin: Browser) -> None:
    admin.post("/sync/")
    response = admin.get("/sync/", headers={"HX-Request": "true"})
    assert body(response).lstrip().startswith('<div class="job"') and "HX-Refresh" not in response.headers
    assert "HX-Request" in response.headers["Vary"]
    worked()
    assert admin.get("/sync/", headers={"HX-Request": "true"})["HX-Refresh"] == "true"


def test_a_sync_that_no_worker_takes_says_so(source: PrismaSource, admin: Browser) -> None:
    admin.post("/sync/")
    assert "Aucun exécutant" not in page(admin)
    Job.objects.update(asked_at=timezone.now() - timedelta(minutes=1))
    assert "Aucun exécutant ne répond" in page(admin)


def test_one_sync_shows_its_counts_conflicts_and_refused_values_a_page_at_a_time(
    source: PrismaSource, admin: Browser
) -> None:
    for number in range(60):
        source.add(f"c{number:03}", email=f"<b>{number:03}</b>", phone="02 61 91 00 00")
    sync()
    found = Client.objects.get(source_id="c007")
    found.phone = "02 61 91 11 11"
    save(found, changed=["phone"])
    sync()
    address = SourceSync.objects.all()[0].get_absolute_url()
    html = page(admin, address)
    assert "02 61 91 11 11" in html and "02 61 91 00 00" in html
    assert "&lt;b&gt;000&lt;/b&gt;" in html and "<b>000</b>" not in html
    assert "&lt;b&gt;059&lt;/b&gt;" not in html
    assert "&lt;b&gt;059&lt;/b&gt;" in page(admin, f"{address}?page=2")
    assert "&lt;b&gt;000&lt;/b&gt;" in page(admin, f"{address}?page=nonsense")


def test_the_list_costs_the_same_with_many_attempts(
    source: PrismaSource, admin: Browser, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    now = timezone.now()
    many = [
        SourceSync(trigger="schedule", state="done", started_at=now, finished_at=now, rejected=[{}] * 100)
        for _ in range(60)
    ]
    SourceSync.objects.bulk_create(many)
    page(admin)
    with django_assert_max_num_queries(15):
        html = page(admin)
    assert 'rel="next"' in html


# --- At set times ----------------------------------------------------------------------------------------------------

DAILY = "0 4 * * *"
EVENING = datetime(2026, 11, 22, 18, tzinfo=PARIS)
MORNING = datetime(2026, 11, 23, 4, 0, 1, tzinfo=PARIS)


def test_a_tick_asks_for_one_sync_whatever_runs_wait(source: PrismaSource) -> None:
    schedule = SyncSchedule(DAILY, EVENING)
    assert schedule.tend(EVENING + timedelta(hours=1)) is None
    job = schedule.tend(MORNING)
    assert job is not None and (job.kind, job.payload["tick"]) == ("sync", "2026-11-23T04:00:00+01:00")
    assert SyncSchedule(DAILY, EVENING).tend(MORNING + timedelta(seconds=5)) is None, "another worker"
    assert worked().state == Job.State.DONE
    assert SourceSync.objects.get().trigger == "schedule"
    assert schedule.tend(MORNING + timedelta(days=1)) is not None
    assert SyncSchedule("", EVENING).tend(MORNING) is None


def test_while_another_sync_waits_the_tick_stays_due(source: PrismaSource, admin: Browser) -> None:
    admin.post("/sync/")
    schedule = SyncSchedule(DAILY, EVENING)
    assert schedule.tend(MORNING) is None
    worked()
    assert schedule.tend(MORNING + timedelta(minutes=1)) is not None


def test_a_schedule_that_no_clock_reads_or_that_follows_nothing_is_said_at_start(settings: Any) -> None:
    assert refuse_a_schedule_that_no_clock_reads() == refuse_syncs_of_nothing() == []
    settings.SYNC_SCHEDULE = "tous les jours"
    assert "SYNC_SCHEDULE" in refuse_a_schedule_that_no_clock_reads()[0].msg
    settings.SYNC_SCHEDULE = DAILY
    assert refuse_a_schedule_that_no_clock_reads() == []
    assert [each.id for each in refuse_syncs_of_nothing()] == ["dignamik.E006"]
    settings.SOURCE_DATABASE_URL = AWAY
    assert refuse_syncs_of_nothing() == []
