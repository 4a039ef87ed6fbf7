"""The plan of actions on its own pages: read by every role, written by who may, computed before it is saved."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Client
from segmentation.advice import versions
from segmentation.advice.advising import Playbook, counts
from segmentation.models import Condition, Play, Run, Segment
from tests.advised import a_play, decided, only_if, put
from tests.contract import signed_in
from tests.published import a_client, a_run, published, some_clients

NEW = "/playbook/new/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def run(db: None) -> Run:
    run = a_run()
    for manager, prefix in (("amelie", "Sienne"), ("karim", "Autre")):
        for at, client in enumerate(some_clients(24, manager, prefix)):
            put(client, run, f"segment-{at % 2}")
    return run


@pytest.fixture
def play(run: Run, adele: User) -> Play:
    play = Play(segment=Segment.objects.get(slug="segment-0"), title="Suivre", pitch="Dites oui.", service="social",
                goal="growth", priority=2)  # fmt: skip
    versions.save(play, [Condition(field="followers_facebook", comparison="gte", value="300")], seen=0, by=adele)
    return play


def form(play: Play | None = None, *conditions: dict[str, Any], **said: Any) -> dict[str, Any]:
    """What the page's form sends; without conditions the play's own."""
    rows = list(conditions) or [row.said for row in (play.conditions.all() if play else [])]
    body: dict[str, Any] = {
        "title": "Suivre", "pitch": "Dites oui.", "service": "social", "goal": "growth", "priority": "2",
        "conditions-TOTAL_FORMS": len(rows) + 2, "conditions-INITIAL_FORMS": 0,
    }  # fmt: skip
    if play:
        body["seen"] = play.version
    for at, row in enumerate(rows):
        body |= {f"conditions-{at}-{name}": value for name, value in row.items() if value is not False}
    return body | said


def address(play: Play, then: str = "") -> str:
    return f"/playbook/{play.pk}/{then}"


# --- The plan --------------------------------------------------------------------------------------------------------


def test_everybody_reads_the_plan_with_their_own_clients_counted(
    amelie: User, helene: User, anais: User, adele: User, run: Run, play: Play
) -> None:
    for user in (amelie, helene, anais, adele):
        page = signed_in(user).get("/playbook/")
        ((line,),) = [plan.lines for plan in page.context["plans"] if plan.lines]
        mine = Client.objects.visible_to(user)
        assert line.clients == counts(Playbook.of(run), mine)[play.pk]
        html = page.content.decode()
        assert "abonnés Facebook\u00a0: au moins 300" in html
        assert f'href="/recommendations/?play={play.pk}"' in html
        listed = signed_in(user).get(line.url).context["list"].page.paginator.count
        assert listed == line.clients
    assert counts(Playbook.of(run), Client.objects.visible_to(amelie)) != counts(Playbook.of(run), Client.objects.all())


def test_only_who_may_sees_how_to_write(amelie: User, adele: User, play: Play) -> None:
    for path in ("/playbook/", address(play)):
        assert "/new/" not in signed_in(amelie).get(path).content.decode()
    assert '<form class="card" id="play-form"' not in signed_in(amelie).get(address(play)).content.decode()
    assert "Dites oui." in signed_in(amelie).get(address(play)).content.decode()
    assert "/playbook/new/?segment=segment-0" in signed_in(adele).get("/playbook/").content.decode()


def test_the_right_to_write_is_the_permission_not_the_role(helene: User, play: Play) -> None:
    helene.user_permissions.add(Permission.objects.get(codename="change_play"))
    assert signed_in(helene).post(address(play), form(play, title="Autre")).status_code == 302
    assert signed_in(helene).get(NEW).status_code == 403


def test_the_plan_is_ordered_by_priority_and_filtered_by_state(adele: User, run: Run) -> None:
    for title, priority, active in (("Basse", 3, True), ("Haute", 1, True), ("Rangée", 2, False)):
        a_play(title, priority=priority, active=active)

    def titles(query: str) -> list[str]:
        page = signed_in(adele).get(f"/playbook/{query}")
        return [line.play.title for plan in page.context["plans"] for line in plan.lines]

    assert titles("") == ["Haute", "Basse"]
    assert titles("?state=archived") == ["Rangée"]
    assert titles("?state=all") == ["Haute", "Rangée", "Basse"]
    assert titles("?state=all&segment=segment-1") == []
    page = signed_in(adele).get("/playbook/?segment=segment-0")
    assert [(tab.label, tab.count, tab.here) for tab in page.context["tabs"]] == [
        ("Actives", 2, True), ("Archivées", 1, False), ("Toutes", 3, False),
    ]  # fmt: skip


@pytest.mark.parametrize("query", ["?state=lost", "?staet=all", "?segment=%00"])
def test_a_filter_that_is_not_understood_shows_no_play(adele: User, play: Play, query: str) -> None:
    page = signed_in(adele).get(f"/playbook/{query}")
    assert page.status_code == 400
    assert page.context["plans"] == []
    assert "n’a pas été compris" in page.content.decode()


def test_a_play_of_a_segment_that_is_gone_is_still_found(amelie: User, adele: User, run: Run) -> None:
    gone = a_play("Ancienne", "segment-3")
    later = a_run()
    later.profiles.filter(segment=gone.segment).delete()
    html = signed_in(adele).get("/playbook/").content.decode()
    assert "n’a plus ce segment" in html
    assert "Ancienne" in html
    assert "ne concerne personne" in signed_in(adele).get(address(gone)).content.decode()
    assert signed_in(amelie).get(address(gone)).status_code == 200


def test_a_play_of_a_draft_is_hidden_from_who_sees_no_drafts(amelie: User, adele: User, run: Run) -> None:
    segment = Segment.objects.create(slug="brouillon", name="Brouillon", colour=5)
    draft = a_run("trained")
    draft.profiles.filter(segment__slug="segment-3").update(segment=segment)
    hidden = a_play("Secrète", "brouillon")
    assert signed_in(amelie).get(address(hidden)).status_code == 404
    assert "Secrète" not in signed_in(amelie).get("/playbook/").content.decode()
    assert signed_in(adele).get(address(hidden)).status_code == 200


def test_without_a_run_the_plan_says_so(adele: User) -> None:
    page = signed_in(adele).get("/playbook/")
    assert page.status_code == 200
    assert page.context["plans"] == []
    assert signed_in(adele).get(NEW).status_code == 200


@pytest.mark.parametrize("path", ["/playbook/?state=all", "play"])
def test_pages_cost_the_same_for_few_and_many(adele: User, play: Play, path: str) -> None:
    browser = signed_in(adele)
    where = address(play) if path == "play" else path

    def cost() -> int:
        with CaptureQueriesContext(connection) as context:
            assert browser.get(where).status_code == 200
        return len(context)

    cost()
    few = cost()
    for at in range(30):
        only_if(a_play(f"Suivre {at}", f"segment-{at % 4}", active=at % 3 > 0), "followers", "gte", str(at))
    run = Run.objects.get()
    for client in some_clients(40, "amelie", "Encore"):
        put(client, run)
    for number in range(1, 10):
        versions.save(play, [Condition(field="turnover", comparison="gte", value=str(number))], seen=number, by=adele)
    assert cost() == few <= 24


# --- Writing ---------------------------------------------------------------------------------------------------------


def test_a_new_play_is_written_with_its_conditions_and_appears(adele: User, run: Run) -> None:
    segment = Segment.objects.get(slug="segment-1")
    body = form(None, {"field": "turnover", "comparison": "gte", "value": "12 500,50"},
                {"field": "followers", "comparison": "lt", "median": "on"}, segment=segment.pk)  # fmt: skip
    response = signed_in(adele).post(NEW, body)
    play = Play.objects.get()
    assert (response.status_code, response["Location"]) == (302, address(play))
    assert (play.segment, play.version, play.active) == (segment, 1, True)
    assert [row.said for row in play.conditions.all()] == [
        {"field": "turnover", "comparison": "gte", "value": "12 500,50", "median": False},
        {"field": "followers", "comparison": "lt", "value": "", "median": True},
    ]
    assert versions.versions(play)[0].by == "Adele"
    client = put(a_client("Boulangerie", at=3), run, "segment-1")
    put(client, run, "segment-1")
    play.conditions.all().delete()
    assert "Suivre" in signed_in(adele).get(client.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    ("condition", "field", "sentence"),
    [
        ({"field": "turnover", "comparison": "gte", "value": "beaucoup"}, "value", "doit être un nombre"),
        ({"field": "website", "comparison": "lt", "value": "oui"}, "comparison", "Pour le site web"),
        ({"field": "website", "comparison": "eq", "value": "peut-être"}, "value", "Pour le site web"),
        ({"field": "status", "comparison": "eq", "value": "parti"}, "value", "Pour le statut"),
        ({"field": "turnover_growth", "comparison": "gte", "median": "on"}, "median", "n’a pas de médiane"),
        ({"field": "followers", "comparison": "gte", "value": "5", "median": "on"}, "value", "Choisissez"),
        ({"field": "turnover", "comparison": "known", "value": "5"}, "value", "ne se comparent à rien"),
        ({"field": "turnover", "comparison": "known", "median": "on"}, "median", "ne se comparent à rien"),
        ({"field": "moon", "comparison": "gte", "value": "5"}, "field", "moon"),
        ({"value": "5"}, "field", "obligatoire"),
        ({"field": "turnover", "comparison": "gte", "value": "5\x00"}, "value", "nul"),
    ],
)
def test_a_problem_stands_beside_its_field(
    adele: User, play: Play, condition: dict[str, Any], field: str, sentence: str
) -> None:
    page = signed_in(adele).post(address(play), form(play, condition, title="Autre"))
    assert page.status_code == 400
    row = page.context["draft"].rows.forms[0]
    assert sentence in " ".join(row.errors[field])
    html = page.content.decode()
    assert f'id="id_conditions-0-{field}_error"' in html
    assert 'value="Autre"' in html
    play.refresh_from_db()
    assert (play.title, play.version) == ("Suivre", 1)
    # Said to who only looks, too.
    live = signed_in(adele).post(address(play, "preview/"), form(play, condition), headers=HTMX)
    assert "Condition 1" in live.content.decode()


@pytest.mark.parametrize("name", ["title", "pitch", "service", "goal", "priority", "seen"])
def test_nothing_is_written_without_what_a_play_needs(adele: User, play: Play, name: str) -> None:
    page = signed_in(adele).post(address(play), form(play, title="Autre") | {name: ""})
    assert page.status_code == 400
    (said,) = page.context["draft"].form.errors[name]
    assert said in page.content.decode()
    play.refresh_from_db()
    assert play.version == 1


def test_a_title_is_taken_once_a_segment_and_says_so(adele: User, play: Play) -> None:
    a_play("Prise", active=False)
    page = signed_in(adele).post(address(play), form(play, title=" Prise "))
    assert page.status_code == 400
    assert page.context["draft"].form.errors == {
        "title": ["Une autre action de ce segment porte déjà ce titre, peut-être archivée."]
    }
    elsewhere = form(None, title="Suivre", segment=Segment.objects.get(slug="segment-1").pk)
    assert signed_in(adele).post(NEW, elsewhere).status_code == 302


def test_ticked_and_emptied_rows_go(adele: User, play: Play) -> None:
    rows = ({"field": "turnover", "comparison": "gte", "value": "beaucoup", "DELETE": "on"},
            {"field": "", "comparison": "", "value": ""}, {"field": "turnover", "comparison": "known"})  # fmt: skip
    assert signed_in(adele).post(address(play), form(play, *rows)).status_code == 302
    assert [str(row) for row in play.conditions.all()] == ["CA de la dernière année (€)\u00a0: connu"]


def test_too_many_conditions_and_a_broken_form_are_refused(adele: User, play: Play) -> None:
    many = [{"field": "turnover", "comparison": "gte", "value": str(at)} for at in range(13)]
    page = signed_in(adele).post(address(play), form(play, *many))
    assert page.status_code == 400
    assert "au plus 12 conditions" in page.content.decode()
    broken = form(play)
    del broken["conditions-TOTAL_FORMS"]
    assert signed_in(adele).post(address(play), broken).status_code == 400
    play.refresh_from_db()
    assert play.version == 1


def test_a_segment_that_is_not_in_the_run_gets_no_new_play(adele: User, run: Run) -> None:
    stranger = Segment.objects.create(slug="ailleurs", name="Ailleurs", colour=5)
    for slug in ("ailleurs", "%00"):
        assert signed_in(adele).get(f"{NEW}?segment={slug}").status_code == 404
    page = signed_in(adele).post(NEW, form(None, segment=stranger.pk))
    assert page.status_code == 400
    assert not Play.objects.exists()


def test_an_unchanged_form_makes_no_version(adele: User, play: Play) -> None:
    page = signed_in(adele).post(address(play), form(play))
    assert page.status_code == 400
    assert "Rien n’a changé" in page.content.decode()
    assert play.history.count() == 1


def test_the_second_of_two_is_told_what_changed_and_loses_nothing(adele: User, helene: User, play: Play) -> None:
    """One renames and changes the conditions; the other, who saw neither, rewrites the pitch."""
    body = form(play, pitch="Le mien.")
    play.title = "Renommée"
    versions.save(play, [Condition(field="website", comparison="eq", value="non")], seen=1, by=helene)
    page = signed_in(adele).post(address(play), body)
    html = page.content.decode()
    assert page.status_code == 409
    assert "Helene a enregistré la version" in html
    assert "Titre\u00a0: «\u00a0Suivre\u00a0» → «\u00a0Renommée\u00a0»" in html
    assert "Condition ajoutée\u00a0: site web\u00a0: non" in html
    draft = page.context["draft"]
    assert (draft.form["pitch"].value(), draft.form["title"].value(), draft.form["seen"].value()) == (
        "Le mien.",
        "Renommée",
        2,
    )
    assert [row["field"].value() for row in draft.rows.forms][:1] == ["website"]
    play.refresh_from_db()
    assert (play.title, play.pitch) == ("Renommée", "Dites oui.")
    again = form(play, pitch="Le mien.", title="Renommée", seen=2)
    assert signed_in(adele).post(address(play), again).status_code == 302
    play.refresh_from_db()
    assert (play.title, play.pitch, play.version) == ("Renommée", "Le mien.", 3)
    assert [row.field for row in play.conditions.all()] == ["website"]


# --- Before saving ---------------------------------------------------------------------------------------------------


def test_the_preview_counts_what_is_written_and_writes_nothing(adele: User, run: Run, play: Play) -> None:
    everybody = Client.objects.filter(assignments__segment=play.segment).count()
    body = form(play, {"field": "followers", "comparison": "known"}, title="", pitch="")
    with CaptureQueriesContext(connection) as context:
        answer = signed_in(adele).post(address(play, "preview/"), body, headers=HTMX)
    assert answer.status_code == 200
    found = answer.context["effect"]
    before = counts(Playbook.of(run), Client.objects.present())[play.pk]
    assert before < found.clients < everybody
    assert (found.before, len(found.sentences)) == (before, 3)
    html = answer.content.decode()
    assert "<html" not in html
    assert found.sentences[0][1] in html
    assert not [
        query
        for query in context.captured_queries
        if "segmentation_play" in query["sql"] and not query["sql"].startswith("SELECT")
    ]
    play.refresh_from_db()
    assert (play.title, play.version, play.history.count(), play.conditions.get().value) == ("Suivre", 1, 1, "300")


def test_without_javascript_the_preview_is_the_page_with_what_was_written(adele: User, run: Run, play: Play) -> None:
    page = signed_in(adele).post(
        address(play, "preview/"), form(play, {"field": "followers", "comparison": "known"}, title="À voir")
    )
    assert page.status_code == 200
    html = page.content.decode()
    assert 'value="À voir"' in html
    assert "avant vos changements" in html
    new = form(None, segment=Segment.objects.get(slug="segment-0").pk)
    page = signed_in(adele).post(f"{NEW}preview/", new)
    assert page.context["effect"].clients == Client.objects.filter(assignments__segment__slug="segment-0").count()
    assert Play.objects.count() == 1


def test_the_preview_counts_only_clients_that_its_reader_sees(amelie: User, run: Run, play: Play) -> None:
    amelie.user_permissions.add(Permission.objects.get(codename="change_play"))
    found = signed_in(amelie).post(address(play, "preview/"), form(play), headers=HTMX).context["effect"]
    mine = Client.objects.visible_to(amelie)
    assert (
        found.clients
        == counts(Playbook.of(run), mine)[play.pk]
        < counts(Playbook.of(run), Client.objects.all())[play.pk]
    )
    assert {client.pk for client, _ in found.sentences} <= set(mine.values_list("pk", flat=True))


# --- Versions, archive -----------------------------------------------------------------------------------------------


def test_an_earlier_version_is_brought_back_from_the_page(adele: User, play: Play) -> None:
    browser = signed_in(adele)
    browser.post(address(play), form(play, {"field": "website", "comparison": "eq", "value": "non"}, title="Autre"))
    html = browser.get(address(play)).content.decode()
    assert "Titre\u00a0: «\u00a0Suivre\u00a0» → «\u00a0Autre\u00a0»" in html
    assert "Condition retirée\u00a0: abonnés Facebook\u00a0: au moins 300" in html
    stale = browser.post(address(play, "restore/"), {"seen": "1", "version": "1"}, follow=True)
    assert "Adele a enregistré la version 2 entre-temps" in stale.content.decode()
    done = browser.post(address(play, "restore/"), {"seen": "2", "version": "1"}, follow=True)
    assert "La version 1 est remise, comme version 3." in done.content.decode()
    play.refresh_from_db()
    assert (play.title, play.version, play.conditions.get().value) == ("Suivre", 3, "300")


@pytest.mark.parametrize("body", [{}, {"seen": "x", "version": "1"}, {"seen": "1", "version": "9"}, {"seen": "1" * 40}])
def test_a_version_that_is_not_named_is_not_brought_back(adele: User, play: Play, body: dict[str, str]) -> None:
    page = signed_in(adele).post(address(play, "restore/"), body, follow=True)
    assert "Rien n’a été modifié." in page.content.decode()
    play.refresh_from_db()
    assert play.version == 1


def test_an_archived_play_is_proposed_to_nobody_and_comes_back(adele: User, run: Run, play: Play) -> None:
    decided(put(a_client("Boulangerie"), run), play, "done")
    browser = signed_in(adele)
    page = browser.post(address(play, "archive/"), {"seen": "1"}, follow=True)
    assert "est archivée" in page.content.decode()
    assert "si elle était remise en service" in page.content.decode()
    assert Playbook.of(run).plays == ()
    assert play.decisions.count() == 1
    stale = browser.post(address(play, "archive/"), {"seen": "1", "active": "on"}, follow=True)
    assert "Rien n’a été modifié." in stale.content.decode()
    browser.post(address(play, "archive/"), {"seen": "2", "active": "on"})
    assert [item.pk for item in Playbook.of(run).plays] == [play.pk]
    assert [str(change) for change in versions.versions(play)[0].changes] == ["État\u00a0: archivée → active"]


def test_the_sentence_of_an_edited_play_reaches_the_client(adele: User, amelie: User) -> None:
    some_clients(12, "amelie")
    run = published()
    client = put(a_client("Boulangerie", "amelie", at=3), run)
    play = a_play("Suivre")
    signed_in(adele).post(
        address(play), form(play, {"field": "turnover", "comparison": "known"}, title="Appeler", pitch="Du neuf.")
    )
    html = signed_in(amelie).get(client.get_absolute_url()).content.decode()
    assert "Appeler" in html
    assert "Du neuf." in html
    assert "CA 2025 de" in html
