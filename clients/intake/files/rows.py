"""From a table of cells to facts about clients: every cell is judged before anything is written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from clients.facts import ClientFacts, Reading
from clients.intake.cells import NO, Cell, Unusable, says_no_account, shown
from clients.intake.files.columns import Column, Columns
from clients.intake.files.table import Row, Table
from clients.places import check_coordinates, fold, fold_town, unplaced_reason

Track = Callable[[Sequence[Row]], Iterable[Row]]


@dataclass(frozen=True)
class Rejected:
    """One cell that can't be taken, where it stands, and what to do about it."""

    line: int
    column: str
    value: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Duplicate:
    """A line that says again what `same_as` said."""

    line: int
    same_as: int


@dataclass(frozen=True)
class Unplaced:
    """A client that no map can show yet, and why."""

    line: int
    client: str
    reason: str


@dataclass
class Understood:
    """What a table says: one fact a client and the line it stands on, and each line that gives none with its reason."""

    facts: list[ClientFacts] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    unplaced: list[Unplaced] = field(default_factory=list)
    erased: set[int] = field(default_factory=set)  # lines about somebody who was erased; of them nothing is kept


@dataclass
class _Line:
    """One row understood: value by column, None where the file doesn't know."""

    row: Row
    values: dict[Column, Any]

    @property
    def number(self) -> int:
        return self.row.line

    def shown(self, column: Column) -> str:
        """The cell as a person finds it; a row of a workbook may end before it."""
        return shown(self.row.cells[column.index]) if column.index < len(self.row.cells) else ""


def understand(table: Table, columns: Columns, track: Track = iter) -> Understood:
    """Judge every cell, then the lines among each other."""
    outcome = Understood()
    lines: list[_Line] = []
    for row in track(table.rows):
        line, problems = _judge(row, table, columns)
        outcome.rejected += problems
        if not problems:
            lines.append(line)
    for group in _by_client(lines, columns, outcome):
        first, *others = group
        contradictions = [problem for other in others for problem in _contradictions(first, other)]
        if contradictions:
            outcome.rejected += contradictions
            continue
        outcome.duplicates += [Duplicate(other.number, first.number) for other in others]
        fact = _fact(first.values)
        outcome.facts.append(fact)
        outcome.lines.append(first.number)
        _place(first, fact, outcome)
    outcome.rejected.sort(key=lambda problem: problem.line)
    return outcome


def _judge(row: Row, table: Table, columns: Columns) -> tuple[_Line, list[Rejected]]:
    line, problems = _Line(row, {}), []
    width, cells = len(table.headings), row.cells
    if table.pads_rows:
        cells = (*cells, *[None] * (width - len(cells)))
    if len(cells) < width or any(cell not in (None, "") for cell in cells[width:]):
        reason = (
            f"Cette ligne a {len(cells)} cellules pour {width} colonnes : vérifiez les séparateurs et les guillemets."
        )
        return line, [Rejected(row.line, "", shown(cells[-1]), reason)]
    for column in columns.known:
        try:
            line.values[column] = _value(column, cells[column.index])
        except Unusable as refused:
            problems.append(Rejected(row.line, column.heading, shown(cells[column.index]), str(refused)))
    name = columns.named("name")
    if name is not None and name in line.values and not line.values[name]:
        problems.append(
            Rejected(row.line, name.heading, shown(cells[name.index]), "Il faut un nom : complétez la cellule.")
        )
    return line, problems + _misplaced(line, columns)


def _value(column: Column, cell: Cell) -> Any:
    if column.kind != "followers":
        return column.parse(cell)
    if says_no_account(cell):
        return Reading(None, has_account=False)
    count = column.parse(cell)
    return None if count is None else Reading(count)


def _misplaced(line: _Line, columns: Columns) -> list[Rejected]:
    """Judge latitude and longitude together, unless one of them is already refused."""
    latitude, longitude = columns.named("latitude"), columns.named("longitude")
    pair = [column for column in (latitude, longitude) if column is not None]
    if not pair or any(column not in line.values for column in pair):
        return []
    lat, lon = (line.values[column] if column else None for column in (latitude, longitude))
    if lat is None and lon is None:
        return []
    check = check_coordinates(lat, lon)
    if check.valid:
        return []
    if check.verdict == "missing":
        pair = [column for column in pair if line.values[column] is None] or pair
        remedy = "Complétez-la, ou videz les deux : la commune donnera le point."
    elif check.corrected:
        remedy = "Échangez-les : {:f}, {:f}.".format(*check.corrected)
    else:
        remedy = "Corrigez-les, ou videz les deux : la commune donnera le point."
    return [Rejected(line.number, column.heading, line.shown(column), f"{check.sentence} {remedy}") for column in pair]


def _by_client(lines: Sequence[_Line], columns: Columns, outcome: Understood) -> Iterable[list[_Line]]:
    """Lines that speak of one client: by identifier, else by folded name and place."""
    by_id: dict[str, list[_Line]] = defaultdict(list)
    by_place: dict[tuple[str, str], list[_Line]] = defaultdict(list)
    for line in lines:
        said = _by_key(line.values)
        if said.get("source_id"):
            by_id[said["source_id"]].append(line)
        else:
            by_place[_place_key(said)].append(line)
    if by_id and by_place:
        _adopt(by_id, by_place, columns, outcome)
    return sorted([*by_id.values(), *by_place.values()], key=lambda group: group[0].number)


def _adopt(
    by_id: dict[str, list[_Line]],
    by_place: dict[tuple[str, str], list[_Line]],
    columns: Columns,
    outcome: Understood,
) -> None:
    """A line without identifier belongs to the client of that name and place that the file identifies elsewhere."""
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for source_id, group in by_id.items():
        owners[_place_key(_by_key(group[0].values))].add(source_id)
    for key in [key for key in by_place if key in owners]:
        lines = by_place.pop(key)
        if len(owners[key]) == 1:
            (source_id,) = owners[key]
            by_id[source_id] += lines
            by_id[source_id].sort(key=lambda line: line.number)
            continue
        heading = next(column.heading for column in columns.known if column.key == "source_id")
        reason = "Plusieurs clients du fichier portent ce nom à cet endroit : donnez l’identifiant de celui-ci."
        outcome.rejected += [Rejected(line.number, heading, "", reason) for line in lines]


def _contradictions(first: _Line, other: _Line) -> list[Rejected]:
    """Every cell in which two lines about one client differ beyond the way they are written: neither is taken."""
    found = []
    for column, value in first.values.items():
        theirs = other.values[column]
        if column.key == "source_id" or _comparable(column, value) == _comparable(column, theirs):
            continue
        for line, elsewhere in ((first, other), (other, first)):
            cell, opposite = line.shown(column), elsewhere.shown(column)
            reason = (
                f"Le même client est écrit « {opposite or 'vide'} » à la ligne {elsewhere.number} : gardez la bonne "
                "ligne et supprimez l’autre. Aucune des deux n’est importée."
            )
            found.append(Rejected(line.number, column.heading, cell, reason))
    return list(dict.fromkeys(found))


def _comparable(column: Column, value: Any) -> Any:
    """What two ways of writing one value have in common; a town has more of them (« St », cedex…)."""
    if not isinstance(value, str):
        return value
    return fold_town(value) if column.key == "city" else fold(value)


def _by_key(values: dict[Column, Any]) -> dict[str, Any]:
    return {column.key: value for column, value in values.items()}


def _place_key(said: dict[str, Any]) -> tuple[str, str]:
    return fold(said["name"]), said.get("postal_code") or fold_town(said.get("city") or "")


def _fact(values: dict[Column, Any]) -> ClientFacts:
    fields = {column.key: value for column, value in values.items() if column.kind == "field" and value is not None}
    website = fields.get("website")
    if website is not None:
        fields["has_website"] = fold(website) not in NO
        if not fields["has_website"]:
            del fields["website"]
    said = [(column, value) for column, value in values.items() if value is not None]
    return ClientFacts(
        source_id=fields.pop("source_id", None),
        fields=fields,
        category=next((value for column, value in said if column.kind == "category"), None),
        readings={column.key: value for column, value in said if column.kind == "followers"},
        turnover={int(column.key): value for column, value in said if column.kind == "turnover"},
    )


def _place(line: _Line, fact: ClientFacts, outcome: Understood) -> None:
    if fact.fields.get("latitude") is not None:
        return
    reason = unplaced_reason(str(fact.fields.get("city", "")), fact.fields.get("postal_code"))
    if reason is not None:
        outcome.unplaced.append(Unplaced(line.number, str(fact.fields["name"]), reason))
