"""The notebook runs from its first cell to its last, on a recorded portfolio.

Its cells are executed in order in one process of their own: a kernel would add some forty packages to the tools, and
nothing in these cells needs one. What Jupyter adds, the display of images, stays untested.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clients.recording import record
from segmentation.models import Run
from tests.segmentation.runs.conftest import STAMP, planted_facts

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "exploration.ipynb"


@pytest.fixture(scope="module")
def cells() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return found


def source(cells: list[dict[str, Any]], kind: str) -> list[str]:
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == kind]


@pytest.mark.django_db(transaction=True)
def test_every_cell_runs_and_nothing_is_written(
    cells: list[dict[str, Any]], outside_environment: dict[str, str], tmp_path: Path
) -> None:
    record(planted_facts(), STAMP)
    script = tmp_path / "cells.py"
    script.write_text("\n\n".join(source(cells, "code")), encoding="utf-8")

    done = subprocess.run(
        [sys.executable, str(script)], cwd=NOTEBOOK.parent, env=outside_environment, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("figure de") == 5
    assert "segments : silhouette" in done.stdout.replace("\u00a0", " ")
    assert "plutôt que" in done.stdout
    assert not Run.objects.exists()


def test_it_is_kept_without_outputs_of_somebody_s_clients(cells: list[dict[str, Any]]) -> None:
    assert all(
        cell["outputs"] == [] and cell["execution_count"] is None for cell in cells if cell["cell_type"] == "code"
    )


def test_it_tells_its_reader_in_french_what_each_part_does(cells: list[dict[str, Any]]) -> None:
    told = source(cells, "markdown")
    assert told[0].startswith("# Explorer la segmentation")
    assert len(told) >= 6
