"""What may be loaded where."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ENGINE = Path(__file__).parents[3] / "segmentation" / "engine"
LIGHT = ("scoring", "document", "recipe", "errors", "lineage", "explaining", "levers", "verdict")
HEAVY = {"sklearn", "scipy", "pandas", "joblib", "django"}


@pytest.mark.parametrize("module", LIGHT)
def test_a_web_process_can_import_it_with_numpy_alone(module: str) -> None:
    code = f"import sys, segmentation.engine.{module}; print(*sorted({{n.split('.')[0] for n in sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ENGINE.parents[1]
    )
    assert not HEAVY & set(done.stdout.split())


def test_nothing_in_the_engine_imports_django_or_the_apps() -> None:
    for path in ENGINE.glob("*.py"):
        for name in imported(path):
            root = name.split(".")[0]
            assert root not in {"django", "clients", "dignamik", "pickle"}, path.name
            assert root != "segmentation" or name.startswith("segmentation.engine."), path.name


def test_the_package_itself_imports_nothing() -> None:
    assert not imported(ENGINE / "__init__.py")


def imported(path: Path) -> set[str]:
    """Every module that the file names in an import."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names
