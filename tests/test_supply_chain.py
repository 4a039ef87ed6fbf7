"""What the site is made of: listed the same every time, asked about aloud, and without a secret in git."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from scripts import leaked, sbom
from scripts.vulnerabilities import of_browser, of_python

ROOT = Path(__file__).resolve().parent.parent


def test_the_list_of_what_the_site_is_made_of_names_every_pinned_package() -> None:
    document = sbom.python()
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pinned = {line for line in lines if line and not line.startswith("#")}
    assert {f"{item['name']}=={item['version']}" for item in document["components"]} == pinned
    assert (document["bomFormat"], document["metadata"]["component"]["name"]) == ("CycloneDX", "dignamik")
    assert all(item["purl"].startswith("pkg:pypi/") for item in document["components"])


def test_the_same_lists_give_the_same_document() -> None:
    first, second = (json.dumps(sbom.python(), sort_keys=True) for _ in range(2))
    assert first == second
    assert "serialNumber" not in first


def test_a_known_vulnerability_is_named() -> None:
    package = {"name": "django", "version": "1.0", "vulns": [{"id": "PYSEC-1"}]}
    answer = of_python(json.dumps({"dependencies": [package, {"name": "six", "version": "1", "vulns": []}]}))
    assert answer.found == ["django PYSEC-1"]
    assert "django PYSEC-1" in answer.sentence
    answer = of_browser(json.dumps({"vulnerabilities": {"leaflet": {}}}), 8)
    assert answer.found == ["leaflet"]


def test_nothing_known_is_said_only_of_what_was_asked_about() -> None:
    sound = {"name": "six", "version": "1", "vulns": []}
    assert of_python(json.dumps({"dependencies": [sound]})).sentence == "pip-audit: nothing known against 1 packages"
    skipped = {"name": "django", "skip_reason": "not found"}
    said = of_python(json.dumps({"dependencies": [sound, skipped]})).sentence
    assert "1 of 2 NOT CHECKED (not found)" in said


def test_a_service_that_does_not_answer_is_said_aloud() -> None:
    for text in ("", "no JSON", "[]", json.dumps({"message": "405"})):
        assert "NOT REACHABLE" in of_browser(text, 8, "why").sentence
        assert "NOT REACHABLE" in of_python(text, "why").sentence


def test_a_secret_in_git_is_found_and_what_was_looked_at_is_not(tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(f"AWS_KEY = '{'AKIA' + 'QWERTYUIOPASDFGH'}'\n")
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    found = leaked.scan(tmp_path)
    assert {name for name, _digest in found} == {"settings.py"}
    known = leaked.listed(json.loads(leaked.BASELINE.read_text())["results"])
    assert not found.keys() & known.keys()
