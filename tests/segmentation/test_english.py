"""What segmentation says to somebody who reads English; and what stays French whoever reads, because it is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone, translation

from clients.models import Client
from segmentation.advice.advising import Playbook, for_client
from segmentation.advice.deciding import decide
from segmentation.filters import COLUMNS, PortfolioFilter
from segmentation.models import Assignment, Condition, Decision, Play, Run
from segmentation.models.playbook import status_words
from segmentation.retelling import KNOWN, retold
from segmentation.runs.differences import differences
from segmentation.runs.wording import columns_of, plain, settings_of
from segmentation.web.portrait import portrait
from segmentation.web.reasons import why
from segmentation.web.recommendations import Recommendations
from segmentation.web.runs import gates_of
from segmentation.web.standing import badge, margin_in_words, told
from tests.advised import a_play, only_if, put
from tests.contract import signed_in
from tests.published import NAMES, a_client, a_run, published, some_clients, trained

RUNS, SCORE = "/api/v1/runs/", "/api/v1/score/"
FRENCH = re.compile(r"[à-öø-ÿÀ-ÖØ-ÞŒœ«»]|\b(?:les|des|du|une?|est|sur|dans|clients? sont|aucun)\b", re.IGNORECASE)
QUOTED = re.compile(r"“[^”]*”")


def is_english(text: str) -> bool:
    """Names of segments and words of the book, in quotes, stay in their language; so does Cramér's name."""
    return bool(text) and not FRENCH.search(QUOTED.sub("", text).replace("Cramér", "Cramer"))


@pytest.fixture
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def as_run() -> list[str]:
    """Every sentence that a real run wrote of itself."""
    fit = trained()
    says = [gate.says for gate in fit.verdict.gates]
    says += [fit.choice.why, fit.choice.rule]
    says += [profile.rule.says for profile in fit.profiles if profile.rule]
    says += [profile.rule.describes for profile in fit.profiles if profile.rule]
    return says + [line for name in fit.names for line in name.based_on]


# --- What runs wrote -------------------------------------------------------------------------------------------------


def test_every_sentence_of_a_run_is_said_again_in_english(english: None) -> None:
    for says in as_run():
        assert is_english(retold(says)), f"{says} → {retold(says)}"


@pytest.mark.parametrize("language", ["fr", "fr-FR", None])
def test_in_french_it_stays_to_the_character(language: str | None) -> None:
    with translation.override(language):
        assert [retold(says) for says in as_run()] == as_run()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Abonnés Instagram", "Instagram followers"),
        ("Type d’entreprise", "Type of business"),
        ("type d’entreprise", "type of business"),
        ("1 autre segment aux contours incertains\u00a0: le moins stable est «\u00a0Chats, petits\u00a0» "
         "(indice de Jaccard inconnue, rééchantillonnage).",
         "1 other segment with uncertain boundaries: the least stable is “Chats, petits” "
         "(Jaccard index unknown, resampling)."),
        ("Les segments ne sont plus ceux qui sont publiés\u00a0: 2 issus d’une scission, 1 nouveau, 3 disparus.",
         "The segments are no longer those that are published: 2 from splits, 1 new, 3 gone."),
        ("Nombre de segments imposé\u00a0: 4. La règle donne le même nombre.",
         "Number of segments imposed: 4. The rule gives the same number."),
        ("Les données ne tranchent pas\u00a0: 3 ou 5 ou 6 se défendrait aussi.",
         "The data do not decide: 3 or 5 or 6 could be argued for as well."),
        ("Rien à entraîner\u00a0: 1 client avec des données, il en faut au moins 10.",
         "Nothing to train on: 1 client with data, at least 10 are needed."),
        ("Ancienneté\u00a0: aucune valeur connue, colonne écartée.",
         "Time as a client: no known value, column left out."),
        ("Secteur autre que «\u00a0Santé\u00a0»\u00a0; abonnés Facebook\u00a0: au moins un.",
         "Sector other than “Santé”; Facebook followers: at least one."),
        ("Essai de 5 segments", "Trying 5 segments"),
    ],
)  # fmt: skip
def test_names_and_words_stay_as_they_are_inside_an_english_sentence(written: str, said: str, english: None) -> None:
    assert retold(written) == said


@pytest.mark.parametrize("written", ["", "Une phrase que personne ne connaît.", "Boulangeries, peu visibles"])
def test_what_follows_no_known_pattern_stays_as_it_was_written(written: str, english: None) -> None:
    assert retold(written) == written


def test_every_known_pattern_has_its_own_english(english: None) -> None:
    for sentence in KNOWN:
        assert is_english(re.sub(r"%\(\w+\)s", "x", translation.gettext(sentence))), sentence


def test_the_page_of_a_run_reads_in_english(db: None, english: None) -> None:
    run = a_run(notes=["Secteur\u00a0: aucune valeur connue, colonne écartée."])
    assert gates_of(run)
    assert all(is_english(gate["says"]) for gate in gates_of(run))
    shown = render_to_string("segmentation/_candidates.html", {"run": run, "candidates": []})
    assert "Of those admissible, the largest is kept" in shown
    verdict = {"run": run, "gates": gates_of(run), "figures_are_open": True}
    assert "Sector: no known value, column left out." in render_to_string("segmentation/_verdict.html", verdict)
    assert str(run) == f"Run no. {run.pk}"
    assert run.get_state_display() == "published"


def test_the_recipe_reads_in_english(db: None, english: None) -> None:
    run = a_run()
    assert all(is_english(str(column)) for column in columns_of(run.recipe))
    for title, lines in settings_of(run.recipe):
        assert is_english(title)
        assert all(is_english(f"{line.label} {line.value}") for line in lines)
    changed = {**run.recipe, "seed": 7, "clusters": None, "rule": {**run.recipe["rule"], "gain": 0.3}}
    found = [str(line) for line in differences(run.recipe, changed)]
    assert found
    assert all(is_english(line) for line in found), found


def test_the_figures_of_a_recipe_follow_the_language(english: None) -> None:
    assert (plain(0.5), plain(None)) == ("0.5", "not stated")
    with translation.override("fr"):
        assert (plain(0.5), plain(None)) == ("0,5", "non précisé")


def test_a_segment_is_described_in_english(db: None, english: None) -> None:
    for profile in a_run().profiles.all():
        found = portrait(profile, fewest=1)
        labels = [line.label for line in (*found.numbers, *found.networks)] + [table.label for table in found.words]
        assert all(map(is_english, labels))
        assert all(is_english(trait) for trait in found.traits())


# --- A client --------------------------------------------------------------------------------------------------------


def test_the_reasons_of_a_placement_are_in_english(db: None) -> None:
    some_clients(40)
    run = published()
    places = Assignment.objects.filter(run=run, segment__isnull=False, second__isnull=False)
    for place in places.select_related("segment", "second"):
        french, sentence = why(place, run), margin_in_words(place)
        with translation.override("en"):
            found = why(place, run)
            assert found is not None and french is not None
            assert all(is_english(reason.label) for reason in found.reasons)
            assert is_english(margin_in_words(place))
            # The same reasons in the same order: language changes no figure.
            assert [reason.amount for reason in found.reasons] == [reason.amount for reason in french.reasons]
        assert margin_in_words(place) == sentence


def test_standings_and_badges_are_in_english(english: None) -> None:
    said = [str(label) for _, label in Assignment.Standing.choices]
    assert said == ["firm", "provisional", "not classifiable", "outside the training range"]
    assert all(is_english(told(value)) for value in Assignment.Standing.values)
    on_the_border, lost = badge("firm", 0.01), badge(None, None)
    assert on_the_border is not None and lost is not None
    assert (on_the_border.label, lost.label) == ("borderline", "not placed yet")
    assert is_english(on_the_border.says)


def test_the_filters_are_in_english_whatever_language_loaded_them(english: None) -> None:
    labels = {name: str(found.label) for name, found in PortfolioFilter.base_filters.items()}
    assert (labels["standing"], labels["lacks"]) == ("Standing", "Unknown data")
    assert str(COLUMNS["category"]) == "Type of business"
    with translation.override("fr"):
        assert str(PortfolioFilter.base_filters["standing"].label) == "Classement"
        assert str(COLUMNS["category"]) == "Type d’entreprise"


# --- Advice ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(db: None) -> Run:
    return a_run()


@pytest.fixture
def client(run: Run) -> Client:
    return put(a_client("Boulangerie Dupont", "amelie", at=1), run)


@pytest.fixture
def play(run: Run) -> Play:
    return only_if(only_if(a_play(), "turnover", "gte", "1000"), "followers_instagram", "lt", "50")


def test_the_reason_of_advice_is_in_english_and_the_play_is_not(client: Client, play: Play, run: Run) -> None:
    (french,) = for_client(Playbook.of(run), client)
    with translation.override("en"):
        (advice,) = for_client(Playbook.of(run), client)
    assert french.reason.startswith("CA 2025 de ")
    assert advice.reason.startswith("Turnover 2025 of ")
    assert "7 followers on Instagram" in advice.reason
    assert advice.play.title == "Ouvrir un compte"


def test_a_decision_keeps_its_reason_in_french_whoever_decides(
    client: Client, play: Play, run: Run, amelie: User, english: None
) -> None:
    made = decide(client, play, Decision.Kind.PLANNED, playbook=Playbook.of(run), by=amelie, until=timezone.localdate())
    assert made.shown_reason.startswith("CA 2025 de ")
    assert "7 abonnés sur Instagram" in made.shown_reason
    assert made.said.startswith("planned for ")


def test_an_exported_line_is_french_whatever_the_page_speaks(
    client: Client, play: Play, run: Run, helene: User, english: None
) -> None:
    view = Recommendations()
    request = RequestFactory().get("/recommendations/")
    request.user = helene
    view.setup(request)
    assert not view.problems
    assert [line.reason[:3] for line in view.all_lines(list(view.page.paginator.object_list))] == ["CA "]
    assert translation.get_language() == "en"
    assert [line.reason[:9] for line in view.lines] == ["Turnover "]


def test_conditions_are_written_with_the_same_words_under_any_language(run: Run, english: None) -> None:
    only_if(a_play(), "status", "eq", "actif")
    with pytest.raises(ValidationError) as refusal:
        Condition(play=a_play("Autre"), field="status", comparison="eq", value="active").clean()
    assert refusal.value.message_dict == {
        "value": ["For the status: “equal to” and actif, inactif, prospect or perdu."]
    }
    assert list(status_words()) == ["actif", "inactif", "prospect", "perdu"]
    assert str(Condition(field="website", comparison="eq", value="oui")) == "website: yes"
    assert str(Condition(field="turnover", comparison="gte", median=True)) == (
        "turnover of the latest year (€): at least the median of the segment"
    )


# --- The API ---------------------------------------------------------------------------------------------------------


def asked(user: User, address: str, language: str, **body: Any) -> Any:
    browser = signed_in(user)
    headers = {"Accept-Language": language}
    if body:
        return browser.post(address, json.dumps(body), content_type="application/json", headers=headers).json()
    return browser.get(address, headers=headers).json()


def test_the_api_says_a_run_in_the_language_of_the_caller(helene: User) -> None:
    run = a_run(notes=["Le calcul a été interrompu avant la fin."])
    french, english = (asked(helene, f"{RUNS}{run.pk}/", language) for language in ("fr", "en"))
    assert [gate["says"] for gate in french["gates"]] == [gate.says for gate in trained().verdict.gates]
    assert all(is_english(gate["says"]) for gate in english["gates"])
    assert is_english(english["choice"]["why"])
    assert english["notes"] == ["The run was interrupted before its end."]
    # Everything but sentences is the same.
    assert french["choice"] == json.loads(json.dumps(asdict(trained().choice)))
    for answer in (french, english):
        del answer["notes"], answer["choice"]["why"], answer["choice"]["rule"]
        for gate in answer["gates"]:
            del gate["says"]
    assert french == english


def test_a_score_speaks_the_language_of_the_caller(helene: User, run: Run) -> None:
    for slug in range(len(NAMES)):
        only_if(a_play(slug=f"segment-{slug}"), "turnover", "known")
    business = {"category": "Fusée", "turnover": 12000, "turnover_year": 2025, "followers": {"facebook": 900}}
    answer = asked(helene, SCORE, "en", **business)
    assert answer["notes"] == ["No client is of this type of business: it is treated as “other”."]
    assert answer["plays"][0]["reason"].startswith("Turnover 2025 of ")
    assert answer["plays"][0]["play"]["title"] == "Ouvrir un compte"
    french = asked(helene, SCORE, "fr", **business)
    assert french["notes"] == ["Aucun client n’est de ce type d’entreprise : il est traité comme « autre »."]
    assert (french["segment"], french["margin"]) == (answer["segment"], answer["margin"])
