"""The admin of background jobs: to look at and to stop, never to edit."""

from __future__ import annotations

from django.contrib.auth.models import Permission, User

from dignamik.foundation import jobs
from dignamik.foundation.models import Job
from tests.contract import signed_in

ADDRESS = "/admin/foundation/job/"


def stop(user: User, *chosen: Job) -> str:
    sent = {"action": "cancel", "_selected_action": [job.pk for job in chosen]}
    return signed_in(user).post(ADDRESS, sent, follow=True).content.decode()


def a_job(state: str = "queued") -> Job:
    job = jobs.ask("run", {}, trigger=Job.Trigger.WEB)
    Job.objects.filter(pk=job.pk).update(state=state)
    return job


def test_an_admin_stops_what_waits_or_goes_and_nothing_else(adele: User) -> None:
    waiting, going, done = a_job(), a_job("running"), a_job("done")
    assert "2 tâches annulées" in stop(adele, waiting, going, done)
    states = {job.pk: (job.state, job.cancel_asked) for job in Job.objects.all()}
    assert states == {waiting.pk: ("cancelled", False), going.pk: ("running", True), done.pk: ("done", False)}
    assert "Aucune de ces tâches" in stop(adele, done)


def test_who_may_only_look_is_not_offered_to_stop(adele: User) -> None:
    job = a_job()
    stops = Permission.objects.get(codename="change_job", content_type__app_label="foundation")
    for group in adele.groups.all():
        group.permissions.remove(stops)
    assert "Annuler les tâches" not in signed_in(adele).get(ADDRESS).content.decode()
    stop(adele, job)
    job.refresh_from_db()
    assert job.state == Job.State.QUEUED


def test_a_job_is_neither_made_nor_edited_nor_deleted_by_hand(adele: User) -> None:
    job = a_job()
    browser = signed_in(adele)
    assert browser.get(f"{ADDRESS}{job.pk}/change/").status_code == 200
    for view in (f"{job.pk}/change/", f"{job.pk}/delete/", "add/"):
        assert browser.post(f"{ADDRESS}{view}", {"post": "yes", "state": "done"}).status_code == 403
    job.refresh_from_db()
    assert job.state == Job.State.QUEUED
