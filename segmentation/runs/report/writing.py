"""Write the report of a run to a folder: figures, two sheets and a page that stands alone."""

from __future__ import annotations

import base64
import io
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from django.utils import timezone
from matplotlib.figure import Figure

from dignamik.foundation import french
from dignamik.foundation.exporting import Sheet, as_csv
from segmentation.engine.completing import rank_gaps
from segmentation.engine.scoring import PROVISIONAL, score
from segmentation.models import Segment
from segmentation.runs.report import figures, sheets
from segmentation.runs.reporting import STATES
from segmentation.runs.retraining import Outcome

DPI = 130
SAYS = {
    "coude": "Inertie selon le nombre de segments, comparée à celle des mêmes données mélangées.",
    "silhouettes": "Silhouette et stabilité selon le nombre de segments, avec ce que donne le hasard.",
    "plan": "Les clients dans le plan du calcul, par segment.",
    "profils": "Rang de la médiane de chaque segment parmi tous les clients, avec la médiane en clair.",
    "distributions": "Répartition des valeurs connues, segment par segment.",
}


class CannotWrite(Exception):
    """The report could not be written; `str()` is a French sentence."""


def prepared(folder: Path) -> Path:
    """The folder, made if need be. Raises CannotWrite when nothing can be written in it: better before a long run."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise CannotWrite(_refusal(folder, error)) from error


def write(outcome: Outcome, folder: Path) -> list[Path]:
    """Write everything and return the paths. Raises CannotWrite; a file is either whole or not there."""
    drawn = _drawn(outcome)
    try:
        written = [_put(folder / f"{name}.png", data) for name, data in drawn.items()]
        written += [_put(folder / f"{sheet.name}.csv", _csv(sheet)) for sheet in _sheets(outcome)]
        return [*written, _put(folder / "rapport.html", page(outcome, drawn).encode())]
    except OSError as error:
        raise CannotWrite(_refusal(folder, error)) from error


def _refusal(folder: Path, error: OSError) -> str:
    return f"Le rapport ne peut pas être écrit dans {folder}\u00a0: {error.strerror or error}."


def _sheets(outcome: Outcome) -> Iterator[Sheet[Any]]:
    yield sheets.segments(outcome)
    yield sheets.assignments(outcome)


def _csv(sheet: Sheet[Any]) -> bytes:
    return b"".join(as_csv(sheet))


def _put(path: Path, data: bytes) -> Path:
    """Through a temporary name in the same folder, so that a full disk leaves no half file."""
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def _drawn(outcome: Outcome) -> dict[str, bytes]:
    """Each figure as PNG, by name. Without candidates (one group only) there is no elbow to draw."""
    fit = outcome.fit
    names = [name for _, name, _ in outcome.segments]
    colours = _colours(outcome)
    place = {pk: at for at, pk in enumerate(outcome.everyone.pks)}
    rows = [place[pk] for pk in fit.index.tolist()]
    columns = {name: [cells[at] for at in rows] for name, cells in outcome.everyone.columns.items()}
    drawn: dict[str, Figure] = {}
    if fit.candidates:
        drawn |= {"coude": figures.elbow(fit), "silhouettes": figures.silhouettes(fit)}
    drawn["plan"] = figures.plane(fit, names, colours)
    drawn["profils"] = figures.heat_map(fit, names)
    drawn["distributions"] = figures.distributions(fit, columns, names, colours)
    return {name: png(figure) for name, figure in drawn.items()}


def png(figure: Figure) -> bytes:
    """The figure as it is written and shown."""
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=DPI)
    return data.getvalue()


def _colours(outcome: Outcome) -> tuple[str, ...]:
    """The colour each segment wears everywhere else; the next of the palette for one that is new."""
    worn = dict(Segment.objects.values_list("slug", "colour"))
    palette = figures.colours_of(max([outcome.fit.k, *(colour + 1 for colour in worn.values())]))
    return tuple(palette[worn.get(slug, at)] for at, (slug, _, _) in enumerate(outcome.segments))


def page(outcome: Outcome, drawn: Mapping[str, bytes]) -> str:
    """The report as one HTML page, figures included: it opens and prints anywhere, offline."""
    template = Engine().from_string(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
    return template.render(Context(_told(outcome) | {"figures": list(_embedded(drawn))}))


def _embedded(drawn: Mapping[str, bytes]) -> Iterator[dict[str, str]]:
    for name, data in drawn.items():
        yield {"data": base64.b64encode(data).decode(), "says": SAYS[name]}


def _told(outcome: Outcome) -> dict[str, Any]:
    fit = outcome.fit
    scores = score(outcome.everyone.columns, fit.document)
    gains = rank_gaps(outcome.everyone.columns, fit.document, scores)
    as_of = outcome.run.as_of if outcome.run else timezone.localdate()
    marks = {(True, "hold"): "✓", (True, "warn"): "✓", (False, "hold"): "✗", (False, "warn"): "!"}
    return {
        "title": f"Segmentation des clients · {outcome.run or 'calcul à blanc'}",
        "as_of": french.day(as_of),
        "state": STATES.get(outcome.state, outcome.state).capitalize(),
        "clients": french.grouped(outcome.clients),
        "scored": french.grouped(outcome.scored),
        "choice": fit.choice,
        "gates": [
            {"mark": marks[bool(gate["passed"]), gate["level"]], "says": gate["says"]}
            for gate in outcome.verdict["gates"]
        ],
        "warnings": fit.warnings,
        "segments": list(_segments(outcome)),
        "gaps": [gain for gain in gains if gain.firm],
        "waiting": int((scores.standing == PROVISIONAL).sum()),
        "seed": fit.recipe.seed,
        "versions": ", ".join(f"{name} {version}" for name, version in fit.document.versions.items()),
    }


def _segments(outcome: Outcome) -> Iterator[dict[str, Any]]:
    based_on = {item.label: item.based_on for item in outcome.fit.names}
    for (_, name, size), profile in zip(outcome.segments, outcome.fit.profiles, strict=True):
        money = profile.turnover_share
        yield {
            "name": name,
            "size": french.grouped(size),
            "share": french.percent(profile.share),
            "turnover_share": "inconnue" if money is None else french.percent(money),
            "rule": profile.rule.says if profile.rule else "",
            "based_on": based_on[profile.label],
        }
