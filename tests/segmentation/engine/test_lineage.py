"""Names survive retrains: each new cluster is matched with the segment it continues."""

from __future__ import annotations

import dataclasses

import pytest

from segmentation.engine.lineage import match
from segmentation.engine.training import Fit


def groups(**members: range) -> dict[int, str]:
    return {pk: name for name, pks in members.items() for pk in pks}


def clusters(*members: range) -> dict[int, int]:
    return {pk: number for number, pks in enumerate(members) for pk in pks}


OLD = groups(a=range(10), b=range(10, 20), c=range(20, 30))


def test_permuted_numbers_keep_their_segments() -> None:
    lineage = match(clusters(range(20, 30), range(10), range(10, 20)), OLD)
    assert lineage.slugs() == {0: "c", 1: "a", 2: "b"}
    assert lineage.unchanged
    assert lineage.moved == 0


def test_a_few_movers_are_counted() -> None:
    lineage = match(clusters(range(12), range(12, 20), range(20, 30)), OLD)
    assert lineage.unchanged
    assert (lineage.moved, lineage.shared) == (2, 30)
    assert lineage.moved_share == pytest.approx(2 / 30)


def test_a_segment_cut_in_two_is_a_split_and_the_larger_part_keeps_the_name() -> None:
    lineage = match(clusters(range(4), range(4, 10), range(10, 20), range(20, 30)), OLD)
    assert [kin.verdict for kin in lineage.clusters] == ["split", "same", "same", "same"]
    assert lineage.clusters[0].slug is None
    assert lineage.clusters[0].parents == ("a",)
    assert lineage.clusters[1].slug == "a"
    assert not lineage.unchanged
    assert lineage.moved == 4


def test_two_segments_in_one_cluster_are_a_merger_and_one_name_vanishes() -> None:
    lineage = match(clusters(range(20), range(20, 30)), OLD)
    assert lineage.clusters[0].verdict == "merged"
    assert lineage.clusters[0].parents == ("a", "b")
    assert lineage.vanished in {("a",), ("b",)}
    assert lineage.moved == 10


def test_clients_never_seen_make_a_new_segment() -> None:
    lineage = match(clusters(range(10), range(10, 20), range(20, 30), range(30, 40)), OLD)
    assert lineage.clusters[3].verdict == "new"
    assert lineage.clusters[3].slug is None
    assert lineage.moved == 0
    assert lineage.shared == 30


def test_a_handful_from_everywhere_makes_a_new_segment() -> None:
    mixed = {0, 1, 2, 10, 11, 12, 20, 21, 22}
    new = {
        pk: (3 if pk in mixed else number)
        for pk, number in clusters(*[range(at, at + 10) for at in (0, 10, 20)]).items()
    }
    lineage = match(new, OLD)
    assert lineage.clusters[3].verdict == "new"
    assert lineage.moved == 9


def test_a_segment_whose_clients_are_gone_vanishes() -> None:
    assert match(clusters(range(10), range(10, 20)), OLD).vanished == ("c",)


def test_without_a_past_every_cluster_is_new() -> None:
    lineage = match(clusters(range(5), range(5, 10)), {})
    assert [kin.verdict for kin in lineage.clusters] == ["new", "new"]
    assert lineage.moved_share == 0.0


def test_no_slug_is_given_twice() -> None:
    lineage = match(clusters(range(5), range(5, 10), range(10, 30)), OLD)
    given = [kin.slug for kin in lineage.clusters if kin.slug]
    assert len(given) == len(set(given))


def test_centres_confirm_the_match(fit: Fit) -> None:
    slugs = tuple(f"s{label}" for label in range(fit.k))
    old = dataclasses.replace(fit.document, stable=slugs)
    numbers = {int(pk): int(label) for pk, label in zip(fit.index, fit.labels, strict=True)}
    lineage = match(numbers, {pk: slugs[label] for pk, label in numbers.items()}, new_document=old, old_document=old)
    assert all(kin.centre_agrees for kin in lineage.clusters)


def test_centres_object_to_a_wrong_match(fit: Fit) -> None:
    slugs = tuple(f"s{label}" for label in range(fit.k))
    turned = dataclasses.replace(fit.document, stable=(*slugs[1:], slugs[0]))
    numbers = {int(pk): int(label) for pk, label in zip(fit.index, fit.labels, strict=True)}
    past = {pk: slugs[label] for pk, label in numbers.items()}
    lineage = match(numbers, past, new_document=fit.document, old_document=turned)
    assert not any(kin.centre_agrees for kin in lineage.clusters)


def test_without_models_centres_say_nothing() -> None:
    assert match(clusters(range(10)), OLD).clusters[0].centre_agrees is None
