"""`retrain --report`: figures, sheets and a page that an analyst can take away; refusals are told in French."""

from __future__ import annotations

import base64
import csv
import errno
import io
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from PIL import Image

from segmentation.models import Assignment, Run, Segment
from segmentation.runs.report.writing import CannotWrite, prepared, write
from segmentation.runs.retraining import Asked, rehearse

FIGURES = {"coude.png", "silhouettes.png", "plan.png", "profils.png", "distributions.png"}
SHEETS = {"segments.csv", "assignments.csv"}


def rows(path: Path) -> list[dict[str, str]]:
    """A sheet as French Excel reads it."""
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def test_the_command_writes_figures_sheets_and_a_page(
    portfolio: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "calculs" / "novembre"

    call_command("retrain", clusters="4", report=folder)

    assert {path.name for path in folder.iterdir()} == FIGURES | SHEETS | {"rapport.html"}
    for name in FIGURES:
        with Image.open(folder / name) as image:
            assert image.format == "PNG" and min(image.size) > 300
    segments, clients = rows(folder / "segments.csv"), rows(folder / "assignments.csv")
    assert [row["Segment"] for row in segments] == [
        segment.name for segment in Segment.objects.order_by("-profiles__size", "profiles__cluster")
    ]
    assert sum(int(row["Clients analysés"]) for row in segments) == 160
    assert sum(float(row["Part du chiffre d’affaires"].replace(",", ".")) for row in segments) == pytest.approx(
        1, abs=1e-3
    )
    placed = {row["Identifiant"]: row for row in clients}
    stored = Assignment.objects.select_related("segment", "client")
    assert len(placed) == stored.count()
    for assignment in stored:
        row = placed[str(assignment.client.source_id)]
        assert row["Segment"] == (assignment.segment.name if assignment.segment else "")
        assert row["Classement"] == assignment.get_standing_display()
    assert placed["silent"]["Segment"] == placed["silent"]["Marge"] == placed["silent"]["Segments possibles"] == ""
    assert "rapport.html" in capsys.readouterr().err


def test_the_page_stands_alone_and_speaks_french(portfolio: Any, tmp_path: Path) -> None:
    outcome = rehearse(Asked(clusters=4))
    page = {path.name: path for path in write(outcome, prepared(tmp_path))}["rapport.html"].read_text(encoding="utf-8")

    assert page.count('src="data:image/png;base64,') == len(FIGURES)
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)
    assert base64.b64decode(re.findall(r"base64,([^\"]+)", page)[0]).startswith(b"\x89PNG")
    assert all(name in page for _, name, _ in outcome.segments)
    assert outcome.fit.choice.why in page.replace("&#x27;", "’")
    assert "calcul à blanc" in page and '<html lang="fr">' in page
    assert not Run.objects.exists()


def test_a_name_that_is_a_formula_or_a_tag_stays_text(portfolio: Any, tmp_path: Path) -> None:
    outcome = rehearse(Asked(clusters=4))
    named = tuple((slug, f"=<b>{name}</b>", size) for slug, name, size in outcome.segments)
    written = write(replace(outcome, segments=named), tmp_path)
    files = {path.name: path for path in written}
    assert rows(files["segments.csv"])[0]["Segment"].startswith("'=<b>")
    assert "<b>" not in files["rapport.html"].read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_refused_before_the_run(portfolio: Any, tmp_path: Path) -> None:
    taken = tmp_path / "rapport"
    taken.write_text("un fichier")

    with pytest.raises(CommandError, match="ne peut pas être écrit") as refused:
        call_command("retrain", clusters="4", report=taken)

    assert refused.value.returncode == 1
    assert not Run.objects.exists()


def test_a_disk_that_fills_up_leaves_whole_files_only_and_the_run_stands(
    portfolio: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace

    def full(self: Path, target: Path) -> Path:
        if Path(target).suffix == ".csv":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(CommandError, match="Le calcul, lui, est fait"):
        call_command("retrain", clusters="4", report=tmp_path / "rapport")

    assert {path.name for path in (tmp_path / "rapport").iterdir()} == FIGURES
    assert Run.objects.current() is not None


def test_preparing_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "fichier").touch()
    with pytest.raises(CannotWrite, match="ne peut pas être écrit dans"):
        prepared(tmp_path / "fichier" / "rapport")


def test_only_a_report_loads_the_drawing_libraries(manage: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    code = (
        "import sys, segmentation.management.commands.retrain; "
        "print(sorted({'matplotlib', 'seaborn'} & set(sys.modules)))"
    )
    done = manage("shell", "-v", "0", "-c", code)
    assert done.stdout.strip().endswith("[]"), done.stdout + done.stderr
