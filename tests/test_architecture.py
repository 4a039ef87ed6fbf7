"""The house keeps its shape: one direction, a pure engine, light web processes, no drawers, no inline script."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template.loader import get_template

from segmentation.engine.training import train
from tests.segmentation.engine.tables import plane_recipe, two_heaps

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 300
DRAWERS = {"utils.py", "helpers.py", "services.py", "common.py", "misc.py"}
TEMPLATES = sorted(path.relative_to(ROOT / "templates").as_posix() for path in (ROOT / "templates").rglob("*.html"))
# A web process costs 2 s and 170 MB more with these.
HEAVY = {"sklearn", "scipy", "pandas", "joblib", "matplotlib"}


def tracked(suffix: str = "") -> list[Path]:
    """The project's own files, new ones included: not what was installed or generated."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [ROOT / name for name in listed if name.endswith(suffix) and (ROOT / name).is_file()]


def run_python(code: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, input=stdin, capture_output=True, text=True)


def packages(modules: str) -> set[str]:
    """The top-level packages among the names that a process printed."""
    return {name.split(".")[0] for name in modules.split()}


def test_imports_go_one_way() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_engine_knows_no_django() -> None:
    modules = [f"segmentation.engine.{path.stem}" for path in (ROOT / "segmentation/engine").glob("[!_]*.py")]
    assert modules
    code = f"import importlib, sys; [importlib.import_module(m) for m in {modules!r}]; print(*sys.modules)"
    done = run_python(code)
    assert done.returncode == 0, done.stderr
    assert not packages(done.stdout) & {"django", "clients", "dignamik"}


def test_a_web_process_stays_light_after_start_and_a_scoring() -> None:
    """What gunicorn does, then one scoring with a model that was trained here."""
    model = json.dumps(train(two_heaps(), plane_recipe()).document.to_dict())
    code = """
import json, sys
from django.core.wsgi import get_wsgi_application
get_wsgi_application()
from django.urls import get_resolver
assert get_resolver().url_patterns
from segmentation.engine.document import Document
from segmentation.runs.placing import score
score({"x": [1.0], "y": [2.0]}, Document.from_dict(json.load(sys.stdin)))
print(*sys.modules)
"""
    done = run_python(code, stdin=model)
    assert done.returncode == 0, done.stderr
    assert packages(done.stdout) & HEAVY == set()


def test_every_module_is_named_by_what_it_owns() -> None:
    assert [path for path in tracked(".py") if path.name in DRAWERS] == []


def test_no_file_is_too_long_to_read() -> None:
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in tracked(".py")}
    long = {
        str(path): length
        for path, length in lengths.items()
        if length > LONGEST_FILE and path.parts[0] != "tests" and "migrations" not in path.parts
    }
    assert long == {}


def test_nothing_is_left_to_do() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX)\b")
    texts = {".py", ".html", ".css", ".js", ".md", ".toml", ""}
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path.suffix in texts and path != Path(__file__)
        for number, line in enumerate(path.read_text(errors="ignore").splitlines(), 1)
        if marks.search(line)
    ]
    assert found == []


def test_no_third_party_file_is_committed() -> None:
    assert [path for path in tracked() if re.search(r"\.min\.(js|css)$|(^|/)(node_modules|vendor)/", str(path))] == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_compiles(name: str) -> None:
    get_template(name)


class Inline(HTMLParser):
    """Collects what a strict Content-Security-Policy would block."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.script_without_source = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        self.found += [f"{tag} {name}" for name in names if name == "style" or re.match(r"on[a-z]+$", name)]
        self.found += [f"{tag} {name}=javascript:" for name, value in attrs if (value or "").startswith("javascript:")]
        # Data for a script (application/json) is no script.
        is_data = dict(attrs).get("type") in ("application/json", "application/geo+json")
        self.script_without_source = tag == "script" and "src" not in names and not is_data
        if tag == "style":
            self.found.append("style element")

    def handle_data(self, data: str) -> None:
        if self.script_without_source and data.strip():
            self.found.append("script element")


def inline_parts(html: str) -> Iterator[str]:
    # Template tags inside an attribute would confuse an HTML parser.
    parser = Inline()
    parser.feed(re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", "", html, flags=re.DOTALL))
    yield from parser.found


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_has_no_inline_script_handler_or_style(name: str) -> None:
    assert list(inline_parts((ROOT / "templates" / name).read_text())) == []


def test_an_inline_part_would_be_noticed() -> None:
    html = '<p style="color:{{ x }}" onclick="f()"><a href="javascript:f()"></a><script>f()</script><style></style>'
    assert sorted(inline_parts(html)) == [
        "a href=javascript:",
        "p onclick",
        "p style",
        "script element",
        "style element",
    ]
    assert list(inline_parts('<script src="a.js"></script><script type="application/json">{}</script>')) == []
