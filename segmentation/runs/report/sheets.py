"""The sheets of a report, in the house's French spreadsheet dialect: a line a segment, a line a client."""

from __future__ import annotations

from dataclasses import dataclass

from clients.models import Client
from dignamik.foundation.exporting import Column, Sheet
from segmentation.engine.profiles import Profile
from segmentation.engine.scoring import NOT_CLASSIFIABLE, Scores, score
from segmentation.models import Assignment
from segmentation.runs.retraining import Outcome

STANDINGS = dict(Assignment.Standing.choices)


@dataclass(frozen=True)
class SegmentLine:
    """One segment of the run, with its profile."""

    slug: str
    name: str
    profile: Profile


@dataclass(frozen=True)
class ClientLine:
    """One placed client. Figures are None when it is not classifiable."""

    source_id: str | None
    name: str
    fitted: bool
    standing: str
    segment: str | None
    second: str | None
    margin: float | int | None
    distance: float | int | None
    possible: str
    unknown: str


def segments(outcome: Outcome) -> Sheet[SegmentLine]:
    """Size, share, turnover share, medians and rule of each segment."""
    lines = [
        SegmentLine(slug, name, profile)
        for (slug, name, _), profile in zip(outcome.segments, outcome.fit.profiles, strict=True)
    ]
    columns: list[Column[SegmentLine]] = [
        Column("Segment", lambda line: line.name),
        Column("Identifiant", lambda line: line.slug),
        Column("Clients analysés", lambda line: line.profile.size),
        Column("Part des clients", lambda line: rounded(line.profile.share)),
        Column("Part du chiffre d’affaires", lambda line: rounded(line.profile.turnover_share)),
    ]
    columns += [_median(number.name, number.label) for number in outcome.fit.profiles[0].numbers]
    columns += [_leading(word.name, word.label) for word in outcome.fit.profiles[0].words]
    columns.append(Column("Règle", lambda line: line.profile.rule.says if line.profile.rule else None))
    return Sheet("segments", columns, lines)


def _median(name: str, label: str) -> Column[SegmentLine]:
    def read(line: SegmentLine) -> float | int | None:
        number = line.profile.number(name)
        return rounded(number.median if number else None, 2)

    return Column(f"{label} (médiane)", read)


def _leading(name: str, label: str) -> Column[SegmentLine]:
    def read(line: SegmentLine) -> str | None:
        word = line.profile.word(name)
        return word.shares[0].word if word and word.shares else None

    return Column(f"{label} (le plus fréquent)", read)


def assignments(outcome: Outcome) -> Sheet[ClientLine]:
    """Everybody the run looked at: fitted on, placed, or not classifiable."""
    columns: list[Column[ClientLine]] = [
        Column("Identifiant", lambda line: line.source_id),
        Column("Client", lambda line: line.name),
        Column("Segment", lambda line: line.segment),
        Column("Classement", lambda line: line.standing),
        Column("Deuxième segment", lambda line: line.second),
        Column("Marge", lambda line: line.margin),
        Column("Distance au centre", lambda line: line.distance),
        Column("A servi au calcul", lambda line: line.fitted),
        Column("Segments possibles", lambda line: line.possible),
        Column("Données inconnues", lambda line: line.unknown),
    ]
    return Sheet("assignments", columns, _client_lines(outcome))


def _client_lines(outcome: Outcome) -> list[ClientLine]:
    fit, everyone = outcome.fit, outcome.everyone
    scores = score(everyone.columns, fit.document)
    fitted = set(fit.index.tolist())
    rows = Client.objects.profiled().values_list("pk", "source_id", "name")
    known = {pk: (source, name) for pk, source, name in rows}
    names = [name for _, name, _ in outcome.segments]
    labels = {item.name: item.label for item in fit.document.numeric}
    labels |= {item.name: item.label for item in fit.document.categorical}
    # A client deleted since it was read, or who objected since, is in no sheet.
    return [
        _client_line(scores, at, known[pk], names, labels, fitted=pk in fitted)
        for at, pk in enumerate(everyone.pks)
        if pk in known
    ]


def _client_line(
    scores: Scores, at: int, who: tuple[str | None, str], names: list[str], labels: dict[str, str], *, fitted: bool
) -> ClientLine:
    placed = scores.standing[at] != NOT_CLASSIFIABLE
    two = placed and len(names) > 1
    return ClientLine(
        source_id=who[0],
        name=who[1],
        fitted=fitted,
        standing=str(STANDINGS[str(scores.standing[at])]),
        segment=names[int(scores.labels[at])] if placed else None,
        second=names[int(scores.second[at])] if two else None,
        margin=rounded(float(scores.margin[at])) if placed else None,
        distance=rounded(float(scores.distances[at])) if placed else None,
        possible=" | ".join(names[label] for label in scores.possible[at]) if placed else "",
        unknown=" | ".join(labels[name] for name in scores.imputed[at]),
    )


def rounded(value: float | None, places: int = 4) -> float | int | None:
    """As many decimals as one reads, none where there are none."""
    if value is None:
        return None
    short = round(float(value), places)
    return int(short) if short.is_integer() else short
