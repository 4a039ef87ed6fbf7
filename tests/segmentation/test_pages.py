"""The pages of segments and runs: whose clients they count, whose figures they show, and what they say before any."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.models import Client
from segmentation.models import Assignment, Profile, Publication, Run, Segment
from tests.published import a_client, a_run, place_all, published, some_clients
from tests.reading import signed_in

pytestmark = pytest.mark.django_db

PAGES = ("/", "/clients/", "/segments/", "/runs/")


def html_of(user: User, path: str, status: int = 200) -> str:
    response = signed_in(user).get(path)
    assert response.status_code == status, (path, response.status_code)
    return re.sub(r"\s+", " ", response.content.decode())


def a_placed(segment: Segment | None = None) -> Assignment:
    found = Assignment.objects.select_related("segment", "client").filter(segment__isnull=False)
    return (found.filter(segment=segment) if segment else found).order_by("pk")[0]


# --- Before the first run ---------------------------------------------------------------------------------------------


def test_it_says_so_when_there_is_no_run(helene: User) -> None:
    client = a_client("Boulangerie Martin")
    assert "Pas encore de segments" in html_of(helene, "/")
    assert "Pas encore de segments" in html_of(helene, "/segments/")
    assert "Aucun calcul" in html_of(helene, "/runs/")
    assert "Pas encore de segments" in html_of(helene, f"/clients/{client.pk}/")
    html = html_of(helene, "/clients/")
    assert 'data-label="Segment"' not in html
    assert "pas encore placé" not in html


def test_it_shows_a_held_first_run_as_a_draft_to_those_who_judge_it(anais: User, adele: User, helene: User) -> None:
    some_clients(8)
    run = a_run("held")
    place_all(run)
    slug = a_placed().segment.slug  # type: ignore[union-attr]
    for judge in (anais, adele):
        for path in (*PAGES, f"/runs/{run.pk}/", f"/segments/{slug}/"):
            assert "Brouillon" in html_of(judge, path), path
        assert "non publié" in html_of(judge, "/")
    for path in PAGES:
        html = html_of(helene, path)
        assert "Brouillon" not in html
        assert slug not in html
    html_of(helene, f"/runs/{run.pk}/", 404)
    html_of(helene, f"/segments/{slug}/", 404)


def test_a_held_run_that_was_published_no_longer_says_that_it_is_held(anais: User) -> None:
    run = a_run("held")
    Run.objects.filter(pk=run.pk).update(verdict=run.verdict | {"passed": False})
    assert "retient ce calcul" in html_of(anais, f"/runs/{run.pk}/")
    Run.objects.filter(pk=run.pk).update(state="published")
    Publication.objects.create(run=run, reason="Vu avec la direction")
    html = html_of(anais, f"/runs/{run.pk}/")
    assert "Un contrôle au moins le retenait" in html and "retient ce calcul" not in html


def test_it_keeps_showing_the_published_run_when_a_newer_one_is_held(anais: User) -> None:
    some_clients(8)
    first = published()
    a_run("held")
    for path in PAGES:
        assert "Brouillon" not in html_of(anais, path), path
    assert f"calcul n°&nbsp;{first.pk}" in html_of(anais, "/")


def test_it_marks_the_draft_itself_and_no_other_run(anais: User) -> None:
    failed, held = a_run("failed", error="Interrompu."), a_run("held")
    assert "Brouillon" not in html_of(anais, f"/runs/{failed.pk}/")
    html = html_of(anais, f"/runs/{held.pk}/")
    assert "Brouillon" in html
    assert "Lire ses contrôles" not in html


# --- Whose clients are counted ----------------------------------------------------------------------------------------


def test_it_counts_only_the_readers_clients(amelie: User, karim: User, helene: User) -> None:
    some_clients(12, "amelie", "Amie")
    some_clients(24, "karim", "Voisin")
    published()
    for reader, names in ((amelie, "Amie"), (karim, "Voisin"), (helene, "")):
        html = html_of(reader, "/")
        for segment in Segment.objects.all():
            size = Assignment.objects.filter(segment=segment, client__name__startswith=names).count()
            assert f'<a href="/clients/?segment={segment.slug}">{size}</a>' in html


def test_its_figures_equal_the_lists_they_link_to(helene: User, amelie: User) -> None:
    some_clients(40, "amelie")
    published()
    for reader in (helene, amelie):
        links = re.findall(r'<a href="(/clients/\?[^"]+)">(?:<span class="tile-figure">)?(\d+)<', html_of(reader, "/"))
        assert len(links) > 8
        for path, figure in links:
            listed = re.search(r"<strong>(\d+)</strong> clients?", html_of(reader, path.replace("&amp;", "&")))
            assert listed is not None
            assert listed[1] == figure, path


def test_it_says_what_became_of_each_segment_since_the_run_before(helene: User) -> None:
    some_clients(40)
    published()
    later = published()
    html = html_of(helene, "/")
    assert "Évolution" in html
    assert html.count('data-label="Évolution">=<') == later.k
    one = later.assignments.exclude(second=None).exclude(segment=None)[0]
    gains, loses = one.second, one.segment
    assert gains is not None and loses is not None
    later.assignments.filter(pk=one.pk).update(segment=gains)
    html = html_of(helene, "/")
    lines = {slug: line for line in html.split("<tr>") for slug in re.findall(r'href="/segments/([^/]+)/"', line)}
    assert 'data-label="Évolution">+1<' in lines[gains.slug]
    assert 'data-label="Évolution">−1<' in lines[loses.slug]
    assert '<a href="/clients/?moved=true">1</a> client a changé de segment' in html


def test_with_one_run_only_there_is_no_evolution_to_tell(helene: User) -> None:
    some_clients(12)
    published()
    html = html_of(helene, "/")
    assert "Évolution" not in html
    assert "moved=true" not in html


def test_it_counts_who_changed_since_the_run_read_them(helene: User, amelie: User, karim: User) -> None:
    clients = some_clients(12, "amelie")
    run = published()
    Run.objects.filter(pk=run.pk).update(finished_at=timezone.now())
    assert "changed=true" not in html_of(helene, "/")
    Client.objects.filter(pk__in=[client.pk for client in clients[:2]]).update(changed_at=timezone.now())
    for reader, figure in ((helene, "2"), (amelie, "2")):
        assert f'<a href="/clients/?changed=true">{figure}</a> clients modifiés depuis le calcul' in html_of(
            reader, "/"
        )
    assert "changed=true" not in html_of(karim, "/")


def test_it_warns_when_the_data_of_the_run_are_old(helene: User, anais: User) -> None:
    some_clients(12)
    run = published()
    Run.objects.filter(pk=run.pk).update(as_of=timezone.localdate() - timedelta(days=20))
    assert "datent un peu" not in html_of(helene, "/")
    Run.objects.filter(pk=run.pk).update(as_of=timezone.localdate() - timedelta(days=60))
    assert "60&nbsp;jours" in html_of(helene, "/")
    assert "Demander un calcul" not in html_of(helene, "/")
    assert "Demander un calcul" in html_of(anais, "/")


def test_it_counts_clients_that_came_after_the_run(helene: User) -> None:
    some_clients(8)
    published()
    late = a_client("Arrivé après")
    assert "pas encore placé" in html_of(helene, "/")
    assert "pas encore placé" in html_of(helene, "/clients/?q=apres")
    assert "Pas encore placé" in html_of(helene, f"/clients/{late.pk}/")


def test_it_invents_no_turnover_share_from_credit_notes(helene: User) -> None:
    a_client("Avoir", at=0)
    published()
    html = html_of(helene, "/")
    assert "−500" in html
    assert "NaN" not in html


# --- A client's place -------------------------------------------------------------------------------------------------


def test_it_says_where_a_client_stands_and_how_surely(helene: User) -> None:
    some_clients(30)
    published()
    place = Assignment.objects.filter(standing="firm", second__isnull=False).order_by("-margin")[0]
    html = html_of(helene, f"/clients/{place.client_id}/")
    assert place.segment is not None
    assert place.second is not None
    assert f'href="/segments/{place.segment.slug}/"' in html
    assert f"« {place.second.name} »" in html
    assert "fois plus loin" in html


def test_it_names_what_is_unknown_instead_of_a_filled_value(helene: User) -> None:
    some_clients(30)
    published()
    place = next(item for item in Assignment.objects.order_by("pk") if "turnover" in item.unknown and item.segment)
    html = html_of(helene, f"/clients/{place.client_id}/")
    assert "Données inconnues" in html
    assert "Aucun montant connu" in html
    assert "Chiffre d’affaires</dd>" in html or "Chiffre d’affaires," in html


def test_it_explains_a_standing_that_is_not_firm(helene: User) -> None:
    client = a_client("Mystère", at=29)
    client.readings.all().delete()
    client.turnovers.all().delete()
    published()
    html = html_of(helene, f"/clients/{client.pk}/")
    assert "non classable" in html
    assert "ni abonnés, ni chiffre d’affaires" in html


# --- A segment --------------------------------------------------------------------------------------------------------


def test_it_names_only_the_readers_clients_as_examples(amelie: User, karim: User) -> None:
    some_clients(30, "amelie", "Amie")
    some_clients(60, "karim", "Voisin")
    published()
    for segment in Segment.objects.all():
        html = html_of(amelie, f"/segments/{segment.slug}/")
        assert "Voisin" not in html
        firm = Assignment.objects.filter(segment=segment, standing="firm", client__name__startswith="Amie")
        if firm.exists():
            assert firm.order_by("distance")[0].client.name in html


def test_it_shows_a_profile_to_every_role_when_no_group_is_small(amelie: User) -> None:
    a_client("À moi", "amelie")
    published()
    slug = a_placed().segment.slug  # type: ignore[union-attr]
    assert "Profil face au reste" in html_of(amelie, f"/segments/{slug}/")


def test_it_hides_whole_base_figures_from_managers_when_a_group_is_small(amelie: User, helene: User) -> None:
    a_client("À moi", "amelie")
    run = published()
    smallest = run.profiles.order_by("size")[0]
    Profile.objects.filter(pk=smallest.pk).update(size=4)
    slug = a_placed().segment.slug  # type: ignore[union-attr]
    assert "Profil face au reste" not in html_of(amelie, f"/segments/{slug}/")
    assert "Profil non affiché" in html_of(amelie, f"/segments/{slug}/")
    assert "ailleurs" not in html_of(amelie, "/segments/")
    assert "Silhouette</dt>" not in html_of(amelie, f"/runs/{run.pk}/")
    says = "Le plus petit segment compte"
    assert says not in html_of(amelie, f"/runs/{run.pk}/") and says in html_of(helene, f"/runs/{run.pk}/")
    assert "Profil face au reste" in html_of(helene, f"/segments/{slug}/")


def test_it_leaves_rare_words_of_a_profile_out_for_managers(amelie: User, helene: User) -> None:
    a_client("À moi", "amelie")
    run = published()
    profile = run.profiles.select_related("segment")[0]
    profile.data["words"][0]["shares"].append({"word": "Fauconnerie", "count": 1, "share": 0.02, "rest_share": 0.0})
    profile.save()
    assert "Fauconnerie" not in html_of(amelie, f"/segments/{profile.segment.slug}/")
    assert "Fauconnerie" in html_of(helene, f"/segments/{profile.segment.slug}/")


def a_profile(run: Run, **changes: Any) -> Profile:
    """The first profile of the run, with other data."""
    profile = run.profiles.select_related("segment").order_by("pk")[0]
    profile.data |= changes
    profile.save()
    return profile


RULE = {
    "conditions": [
        {"column": "sector", "label": "Secteur", "unit": "word", "operator": "is", "value": "Artisanat"},
        {"column": "followers", "label": "Abonnés", "unit": "count", "operator": ">=", "value": 53.0},
    ],
    "coverage": 0.91, "precision": 0.83, "fidelity": 0.77, "met": 40,
}  # fmt: skip


def test_a_segment_is_said_in_a_sentence_with_what_it_is_worth(amelie: User) -> None:
    a_client("À moi", "amelie")
    profile = a_profile(published(), rule=RULE)
    html = html_of(amelie, f"/segments/{profile.segment.slug}/")
    assert '<p class="lead-sentence">Secteur « Artisanat » ; abonnés : au moins 53.</p>' in html
    for figure, word in (("91 %", "couverture"), ("83 %", "précision"), ("77 %", "fidélité")):
        assert re.search(rf"<strong>{figure}</strong>[^<]*\({word}\)", html), word


UNREADABLE: tuple[Any, ...] = (None, {}, "phrase", RULE | {"conditions": []}, RULE | {"conditions": [{"label": "x"}]})


@pytest.mark.parametrize("rule", UNREADABLE)
def test_a_rule_that_cannot_be_read_is_left_out(helene: User, rule: Any) -> None:
    a_client("À moi")
    profile = a_profile(published(), rule=rule)
    assert "lead-sentence" not in html_of(helene, f"/segments/{profile.segment.slug}/")


def test_a_sentence_about_a_few_members_is_for_those_who_see_them(amelie: User, helene: User) -> None:
    a_client("À moi", "amelie")
    run = published()
    profile = a_profile(run, rule=RULE | {"coverage": 4 / run.profiles.order_by("pk")[0].size})
    path = f"/segments/{profile.segment.slug}/"
    assert "lead-sentence" not in html_of(amelie, path)
    assert "lead-sentence" in html_of(helene, path)


def test_what_the_run_did_not_look_at_is_labelled_as_such(amelie: User, helene: User) -> None:
    a_client("À moi", "amelie")
    shares = [
        {"word": "Creuse", "count": 12, "share": 0.6, "rest_share": 0.1},
        {"word": "Lozère", "count": 2, "share": 0.1, "rest_share": 0.1},
    ]
    extra = [{"name": "department", "label": "Département", "known": 20, "unknown": 0, "shares": shares}]
    profile = a_profile(published(), extra_words=extra)
    path = f"/segments/{profile.segment.slug}/"
    html = html_of(amelie, path)
    apart = html[html.index("Données que le calcul n’a pas regardées") :]
    assert "Creuse" in apart and "Lozère" not in html and "et 1 autre" in apart
    assert "Lozère" in html_of(helene, path)
    profile = a_profile(profile.run, extra_words=[])
    assert "pas regardées" not in html_of(amelie, path)


def test_the_share_of_turnover_in_training_is_labelled(amelie: User, helene: User) -> None:
    a_client("À moi", "amelie")
    run = published()
    profile = a_profile(run)
    money = next(line for line in profile.data["numbers"] if line["unit"] == "euros")
    money |= {"of_total": 0.123, "known": 9}
    profile.save()
    path = f"/segments/{profile.segment.slug}/"
    says = "<strong>12 %</strong> du chiffre d’affaires connu des clients analysés"
    assert says in html_of(amelie, path)
    money["known"] = 4
    profile.save()
    assert says not in html_of(amelie, path)
    assert says in html_of(helene, path)


def test_where_a_name_comes_from_is_said_to_those_who_judge_runs(amelie: User, helene: User, anais: User) -> None:
    a_client("À moi", "amelie")
    profile = a_profile(published(), suggested_name="Artisans discrets", based_on=["Peu d’abonnés."])
    path = f"/segments/{profile.segment.slug}/"
    html = html_of(anais, path)
    assert "Nom proposé par le calcul" in html and "« Artisans discrets »" in html.replace("&nbsp;", " ")
    assert "Peu d’abonnés." in html
    Segment.objects.filter(pk=profile.segment_id).update(name_is_suggested=False)
    assert "Nom choisi par une personne" in html_of(anais, path)
    for reader in (amelie, helene):
        assert "Artisans discrets" not in html_of(reader, path)


def test_atypical_members_are_the_readers_own_farthest(amelie: User, karim: User) -> None:
    some_clients(40, "amelie", "Amie")
    some_clients(60, "karim", "Voisin")
    published()
    place = Assignment.objects.filter(standing="firm", client__name__startswith="Amie").order_by("-distance")[0]
    html = html_of(amelie, f"/segments/{place.segment.slug}/")  # type: ignore[union-attr]
    assert place.client.name in html[html.index("Les plus atypiques") :]
    assert "Voisin" not in html


def test_a_segment_that_only_a_draft_has_is_said_to_be_one(anais: User, helene: User) -> None:
    some_clients(8)
    published()
    held = a_run("held")
    segment = Segment.objects.create(slug="naissant", name="Naissant", colour=6)
    Profile.objects.create(run=held, segment=segment, cluster=99, size=10)
    assert "pas encore publié" in html_of(anais, "/segments/naissant/")
    html_of(helene, "/segments/naissant/", 404)


def test_it_tolerates_a_profile_without_figures(helene: User) -> None:
    some_clients(8)
    run = published()
    run.profiles.update(data={})
    Run.objects.filter(pk=run.pk).update(scores={}, choice={}, verdict={}, seconds={}, recipe={})
    html_of(helene, f"/segments/{a_placed().segment.slug}/")  # type: ignore[union-attr]
    html_of(helene, "/segments/")
    assert "Aucun contrôle enregistré" in html_of(helene, f"/runs/{run.pk}/")
    html_of(helene, f"/clients/{a_placed().client_id}/")


def test_it_says_that_a_segment_is_gone(helene: User) -> None:
    some_clients(8)
    old = published()
    gone = Segment.objects.create(slug="disparu", name="Disparu", colour=7)
    Profile.objects.create(run=old, segment=gone, cluster=99, size=10)
    published()
    assert "n’est plus d’actualité" in html_of(helene, "/segments/disparu/")
    html_of(helene, "/segments/jamais-vu/", 404)


# --- Runs -------------------------------------------------------------------------------------------------------------


def test_it_shows_measures_checks_and_recipe_of_a_run(helene: User) -> None:
    some_clients(8)
    run = published()
    html = html_of(helene, f"/runs/{run.pk}/")
    for words in (
        "Silhouette",
        "Stabilité",
        "Inertie",
        "retenu",
        "respecté",
        "Abonnés Facebook",
        "logarithme",
        "Graine",
    ):
        assert words in html, words
    kept = run.scores[str(run.k)]
    for figure in (kept["balanced"], kept["null_silhouette"]):
        assert f"{figure:.3f}".replace(".", ",") in html
    for profile in run.profiles.all():
        assert f"{kept['jaccards'][profile.cluster]:.2f}".replace(".", ",") in html
    for gate in run.verdict["gates"]:
        assert gate["says"].split("«")[0].strip()[:30] in html


def test_it_lists_runs_that_were_published_and_all_to_those_who_judge(helene: User, anais: User) -> None:
    first, second = published(), published()
    held, failed = a_run("held"), a_run("failed", error="Le calcul a été interrompu.")
    for run, readers in ((first, 2), (second, 2), (held, 1), (failed, 1)):
        link = f'href="/runs/{run.pk}/"'
        assert (link in html_of(helene, "/runs/")) == (readers == 2)
        assert link in html_of(anais, "/runs/")
    assert html_of(helene, "/runs/").count('<span class="now">') == 1
    assert "Le calcul a été interrompu" in html_of(anais, f"/runs/{failed.pk}/")


def test_it_says_who_published_a_run_and_why(helene: User, anais: User) -> None:
    run = a_run("held")
    Publication.objects.create(run=run, by=anais, reason="Vu avec l’équipe.")
    Run.objects.filter(pk=run.pk).update(state="published")
    assert "par Anais" in html_of(helene, "/")
    assert "Vu avec l’équipe." in html_of(helene, f"/runs/{run.pk}/")


# --- What it costs ----------------------------------------------------------------------------------------------------


def test_its_pages_ask_the_database_as_much_for_10_clients_as_for_200(helene: User) -> None:
    costs: dict[str, list[int]] = {}
    some_clients(3)
    published()  # both rounds have a run before theirs to compare with
    for count in (10, 200):
        Client.objects.all().delete()
        some_clients(count)
        run = published()
        place = a_placed()
        browser = signed_in(helene)
        for name, path in (
            ("overview", "/"),
            ("segments", "/segments/"),
            ("segment", f"/segments/{place.segment.slug}/"),  # type: ignore[union-attr]
            ("client", f"/clients/{place.client_id}/"),
            ("run", f"/runs/{run.pk}/"),
        ):
            with CaptureQueriesContext(connection) as asked:
                assert browser.get(path).status_code == 200
            costs.setdefault(name, []).append(len(asked))
    # A client's page tells three more histories: readings, turnovers, services.
    most = dict.fromkeys(costs, 25) | {"client": 28}
    assert all(small == large <= most[name] for name, (small, large) in costs.items()), costs


def test_its_list_of_runs_asks_as_much_for_2_runs_as_for_20(helene: User) -> None:
    costs = []
    for count in (2, 18):
        for _ in range(count):
            a_run()
        browser = signed_in(helene)
        with CaptureQueriesContext(connection) as asked:
            browser.get("/runs/")
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 13, costs
