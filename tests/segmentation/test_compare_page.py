"""Two runs side by side: what differs, what both found, and what stays hidden from whom."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from segmentation.models import Assignment, Profile, Publication, Run, Segment
from segmentation.runs.differences import Difference, differences
from segmentation.web import contrast
from segmentation.web.comparing import as_asked
from tests.contract import signed_in
from tests.published import a_client, a_run, place_all, published, some_clients
from tests.reading import body
from tests.segmentation.test_movements_page import elsewhere

HARD = "\u00a0"


def page(user: User, a: Any, b: Any, status: int = 200) -> str:
    numbers = [value.pk if isinstance(value, Run) else value for value in (a, b)]
    response = signed_in(user).get("/runs/compare/", {"a": numbers[0], "b": numbers[1]})
    assert response.status_code == status
    return re.sub(r"[ \n]+", " ", body(response))  # French spaces stay


def moved(before: Run, after: Run, count: int) -> None:
    """Put `count` clients of the later run elsewhere."""
    for place in Assignment.objects.filter(run=after, segment__isnull=False).order_by("pk")[:count]:
        Assignment.objects.filter(pk=place.pk).update(segment=elsewhere(place))


def without(run: Run, segment: Segment) -> None:
    """As if the run had not found this segment."""
    Profile.objects.filter(run=run, segment=segment).delete()


# --- Which runs ------------------------------------------------------------------------------------------------------


def test_it_offers_the_two_latest_when_none_is_named(helene: User) -> None:
    first, second, third = published(), published(), published()
    html = page(helene, "", "")
    assert "Choisissez deux calculs" in html
    assert f'<option value="{second.pk}" selected>' in html and f'<option value="{third.pk}" selected>' in html
    assert f'<option value="{first.pk}">' in html


def test_it_says_that_two_runs_are_needed(helene: User, anais: User) -> None:
    assert "Il faut deux calculs" in page(helene, "", "")
    only = published()
    a_run("held")
    assert "Il faut deux calculs" in page(helene, "", "")
    assert "Choisissez deux calculs" in page(anais, only, "")


def test_it_says_that_a_run_is_the_same_as_itself(helene: User) -> None:
    published()
    run = published()
    html = page(helene, run, run)
    assert "deux fois le même calcul" in html
    assert "Contrôles" not in html


@pytest.mark.parametrize("number", ["0", "x", "-1", "٣", "999999", "9" * 30, "1.5", "a\0b"])
def test_a_run_that_does_not_exist_is_not_compared(anais: User, number: str) -> None:
    run = published()
    page(anais, run, number, status=404)
    page(anais, number, run, status=404)


@pytest.mark.parametrize("state", ["held", "trained", "failed", "queued"])
def test_what_was_never_published_stays_hidden_from_other_readers(
    amelie: User, helene: User, anais: User, adele: User, state: str
) -> None:
    run, draft = published(), a_run(state)
    for reader in (amelie, helene):
        page(reader, run, draft, status=404)
        page(reader, draft, run, status=404)
        assert f'value="{draft.pk}"' not in page(reader, run, "")
    for judge in (anais, adele):
        assert f"Calcul n°&nbsp;{draft.pk}" in page(judge, run, draft)


@pytest.mark.parametrize(
    ("state", "says"), [("training", "pas terminé"), ("queued", "pas terminé"), ("failed", "pas abouti")]
)
def test_an_unfinished_run_is_said_to_be_unfinished(anais: User, state: str, says: str) -> None:
    done, other = published(), a_run(state, k=None, scores={}, verdict={}, choice={})
    html = page(anais, done, other)
    assert says in html
    assert "Preuves par nombre" not in html and "clients déplacés" not in html
    assert f'value="{other.pk}" selected' in html  # it was named, so the form keeps it


def test_the_list_and_the_page_of_a_run_lead_there(helene: User) -> None:
    first = published()
    assert "/runs/compare/" not in body(signed_in(helene).get(f"/runs/{first.pk}/"))
    second = published()
    link = f'href="/runs/compare/?a={first.pk}&amp;b={second.pk}"'
    for path in (f"/runs/{first.pk}/", f"/runs/{second.pk}/", f"/runs/{second.pk}/movements/"):
        assert link in body(signed_in(helene).get(path)), path
    assert 'action="/runs/compare/"' in body(signed_in(helene).get("/runs/"))


# --- What it shows ---------------------------------------------------------------------------------------------------


def test_it_counts_who_moved_and_leads_to_them(helene: User) -> None:
    some_clients(30)
    before, after = published(), published()
    moved(before, after, 4)
    html = page(helene, before, after)
    assert '<span class="tile-figure">4</span><span class="tile-label">clients déplacés</span>' in html
    assert "sur 30 connus des deux calculs" in html
    assert f'href="/runs/{after.pk}/movements/?from={before.pk}"' in html


def test_a_manager_counts_among_their_own_clients(amelie: User, karim: User) -> None:
    some_clients(10, "amelie", "Amie")
    some_clients(20, "karim", "Voisin")
    before, after = published(), published()
    for place in Assignment.objects.filter(run=after, segment__isnull=False, client__name__startswith="Voisin")[:2]:
        Assignment.objects.filter(pk=place.pk).update(segment=elsewhere(place))
    assert '<span class="tile-figure">0</span><span class="tile-label">de vos clients déplacé</span>' in page(
        amelie, before, after
    )
    assert "sur 10 connus" in page(amelie, before, after)
    assert '<span class="tile-figure">2</span><span class="tile-label">de vos clients déplacés</span>' in page(
        karim, before, after
    )


def test_segments_are_matched_by_identity_and_the_rest_is_new_or_gone(db: None) -> None:
    before, after = published(), published()
    first, second = Segment.objects.order_by("pk")[:2]
    without(after, first)
    without(before, second)
    Profile.objects.filter(run=after).exclude(segment=second).update(size=50)
    table = contrast.segments(before, after, 5)
    kinds = {row.segment: row.kind for row in table.rows}
    assert (kinds[first], kinds[second], table.kept, table.new, table.vanished) == ("vanished", "new", 2, 1, 1)
    for row in table.rows:
        kept = row.kind == "kept"
        sizes = [Profile.objects.filter(run=run, segment=row.segment).values_list("size", flat=True).first()
                 for run in (before, after)]  # fmt: skip
        assert [found and found.size for found in (row.a, row.b)] == sizes
        change = (sizes[1] or 0) - (sizes[0] or 0)
        assert row.growth == (f"{'+' if change > 0 else '−'}{abs(change)}" if kept and change else "")
    assert table.columns == ["Abonnés", "Chiffre d’affaires", "Ancienneté"]


def test_a_segment_that_one_run_lacks_has_no_figures_there(helene: User) -> None:
    before, after = published(), published()
    gone = Segment.objects.order_by("pk")[0]
    without(after, gone)
    html = page(helene, before, after)
    row = re.search(rf"<tr> <th scope=\"row\"><a[^>]*{gone.slug}.*?</tr>", html)
    assert row is not None
    assert "disparu" in row[0] and "absent" in row[0]
    assert row[0].count('"></td>') == 4  # turnover share and three medians, neither 0 nor unknown


def test_its_figures_are_those_the_runs_wrote(helene: User) -> None:
    before, after = published(), published()
    profile = Profile.objects.filter(run=after).order_by("pk")[0]
    money = next(line for line in profile.data["numbers"] if line["unit"] == "euros")
    money |= {"median": 123456.0, "of_total": 0.37}
    profile.save()
    html = page(helene, before, after)
    assert "123\u202f456\u00a0€" in html
    assert "37\u00a0%" in html
    for k, item in before.scores.items():
        assert f"{item['silhouette']:.3f}".replace(".", ",") in html, k


def test_numbers_of_groups_that_only_one_run_tried_are_unknown_for_the_other(db: None) -> None:
    before, after = published(), published()
    after.scores = {"7": {"silhouette": 0.5, "stability": 0.9}}
    found = {trial.k: trial for trial in contrast.trials(before, after)}
    assert sorted(found) == [3, 4, 5, 7]
    assert found[7].a is None and found[3].b is None
    charts = contrast.drawn(list(found.values()), ("un", "deux"))
    assert [chart.key for chart in charts] == ["both-silhouette", "both-stability"]
    assert charts[0].data["series"][1]["values"] == [None, None, None, 0.5]
    assert f"deux{HARD}: 0,50 à 7" in charts[0].summary


def test_each_check_faces_its_counterpart(db: None) -> None:
    def gate(name: str, value: float | None, says: str, *, passed: bool = True) -> dict[str, Any]:
        return {"name": name, "value": value, "threshold": 0.1, "passed": passed, "level": "hold", "says": says}

    before = a_run(verdict={"passed": True, "gates": [gate("redundancy", 0.5, "secteur"), gate("smallest", 12.0, "s")]})
    after = a_run(
        verdict={
            "passed": False,
            "gates": [
                gate("redundancy", 0.4, "secteur"),
                gate("redundancy", 0.2, "département"),
                gate("moved", 0.18, "m", passed=False),
                gate("structure", None, "inconnue", passed=False),
                gate("tout neuf", 3.0, "plus tard"),
            ],
        }
    )
    found = contrast.checks(before, after)
    assert [(pair.label, pair.a and pair.a.figure, pair.b and pair.b.figure) for pair in found] == [
        ("Structure", None, "inconnu"),
        ("Plus petit segment", "12", None),
        ("Redondance", "0,50", "0,40"),
        ("Redondance", None, "0,20"),
        ("Clients déplacés", None, "18\u00a0%"),
        ("tout neuf", None, "3,00"),
    ]


# --- What it hides ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("small", ["a", "b"])
def test_a_tiny_group_of_either_run_hides_the_figures_of_both_from_managers(
    amelie: User, helene: User, small: str
) -> None:
    a_client("À moi", "amelie")
    before, after = published(), published()
    tiny = (before if small == "a" else after).profiles.order_by("size")[0]
    Profile.objects.filter(pk=tiny.pk).update(size=4)
    html = page(amelie, before, after)
    assert "Chiffres non montrés" in html and f"calcul n°&nbsp;{tiny.run_id}" in html
    for hidden in ("Contrôles</h2>", "Silhouette", "Part du CA", "Pourquoi ce nombre", before.choice["why"][:20]):
        assert hidden not in html
    assert "connus des deux calculs" in html  # their own clients stay theirs to count
    assert "Part du CA" in page(helene, before, after)


def test_figures_that_few_members_stand_behind_are_left_out_for_managers(amelie: User, helene: User) -> None:
    a_client("À moi", "amelie")
    before, after = published(), published()
    profile = Profile.objects.filter(run=after).order_by("pk")[0]
    money = next(line for line in profile.data["numbers"] if line["unit"] == "euros")
    money |= {"known": 3, "median": 987654.0, "of_total": 0.93}
    profile.save()
    for figure in ("987\u202f654", "93\u00a0%"):
        assert figure in page(helene, before, after)
        assert figure not in page(amelie, before, after)


def test_it_tolerates_runs_that_wrote_little(helene: User) -> None:
    before, after = published(), published()
    before.profiles.update(data={})
    Run.objects.filter(pk=before.pk).update(scores={}, choice={}, verdict={}, recipe={})
    assert "absent" not in page(helene, before, after)
    Run.objects.filter(pk=after.pk).update(scores={}, choice={}, verdict={}, recipe={})
    html = page(helene, before, after)
    assert "Aucune mesure enregistrée" in html and "Aucun contrôle enregistré" in html


def test_it_costs_the_same_for_10_clients_as_for_200(helene: User) -> None:
    costs = []
    for count in (10, 200):
        Assignment.objects.all().delete()
        Publication.objects.all().delete()
        some_clients(count, prefix=f"Lot {count}")
        before, after = a_run(), a_run()
        place_all(before)
        place_all(after)
        browser = signed_in(helene)
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(f"/runs/compare/?a={before.pk}&b={after.pk}").status_code == 200
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 16, costs


# --- The recipe ------------------------------------------------------------------------------------------------------


def recipe_of(run: Run, **changes: Any) -> Run:
    run.recipe = deepcopy(run.recipe) | changes
    return run


def between(before: Run, after: Run) -> list[Difference]:
    return differences(as_asked(before), as_asked(after))


def test_the_same_recipe_has_no_differences(helene: User) -> None:
    before, after = published(), published()
    assert between(before, after) == []
    assert "Les deux calculs suivent la même recette." in page(helene, before, after)


def test_only_what_differs_is_said_in_words(db: None) -> None:
    before, after = a_run(), a_run(seed=7, clusters=5)
    recipe = deepcopy(before.recipe)
    recipe["gates"]["moved_share"] = 0.25
    recipe["blocks"][1]["weight"] = 1.5
    recipe["numeric"][0]["transform"] = "identity"
    recipe["k_max"] = 8
    recipe_of(after, **recipe)
    assert between(before, after) == [
        Difference("Nombre de segments", "choisi par la règle", "5, imposé"),
        Difference("Graine", "1", "7"),
        Difference("Abonnés Facebook, transformation", "logarithme", "telle quelle"),
        Difference(f"Poids de «{HARD}Chiffre d’affaires{HARD}»", "1", "1,5"),
        Difference("Nombre de segments, essayer jusqu’à", "5", "8"),
        Difference("Contrôles, clients qui changent de segment", f"10{HARD}%", f"25{HARD}%"),
    ]


def test_a_column_that_only_one_recipe_has_is_a_difference(db: None) -> None:
    before, after = a_run(), a_run()
    recipe_of(after, categorical=after.recipe["categorical"][:1])
    assert between(before, after) == [Difference("Type d’entreprise", "utilisée", "laissée de côté")]


def test_a_knob_of_another_version_is_named_and_never_passed_over(db: None) -> None:
    before, after = a_run(), a_run()
    recipe_of(after, invented={"deep": [1, 2]}, gates=after.recipe["gates"] | {"later": True})
    assert between(before, after) == [
        Difference(f"«{HARD}gates.later{HARD}»", "non précisé", "true"),
        Difference(f"«{HARD}invented.deep{HARD}»", "non précisé", "[1, 2]"),
    ]


def test_every_knob_of_todays_recipe_has_its_words(db: None) -> None:
    """A new knob fails here until it can be said."""
    before, after = a_run(), a_run(recipe={})
    found = between(before, after)
    assert len(found) > 30 and all(item.after in {"non précisé", "aucune"} for item in found)
    assert [item.label for item in found if "." in item.label] == []
    assert [item.label for item in found if item.label.startswith("«")] == []
