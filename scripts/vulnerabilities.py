"""Known vulnerabilities of what is pinned, as pip-audit and npm know them: 1 when there is one, 0 else.

Both ask a service on the network. Where it does not answer, or knows nothing of a package, that is said aloud and
counts as "not checked", never as "nothing found": behind a mirror pip-audit itself ends well having checked none.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.sbom import ROOT, npm

PATIENCE = 300
"""Seconds for one of the two."""


@dataclass
class Answer:
    """What one tool found. `checked` of `asked` packages; `why` those left over were not."""

    name: str
    asked: int = 0
    checked: int = 0
    found: list[str] = field(default_factory=list)
    why: str = ""

    @property
    def sentence(self) -> str:
        if self.found:
            return f"{self.name}: {len(self.found)} KNOWN VULNERABILITIES: {', '.join(self.found)}"
        if self.checked < self.asked or not self.asked:
            return f"{self.name}: NOT REACHABLE, {self.asked - self.checked} of {self.asked} NOT CHECKED ({self.why})"
        return f"{self.name}: nothing known against {self.checked} packages"


def of_python(text: str, why: str = "") -> Answer:
    """From what `pip-audit --format json` prints."""
    packages = read(text).get("dependencies", [])
    checked = [package for package in packages if "skip_reason" not in package]
    found = [f"{package['name']} {item['id']}" for package in checked for item in package["vulns"]]
    skipped = [package["skip_reason"] for package in packages if "skip_reason" in package]
    return Answer("pip-audit", len(packages), len(checked), found, next(iter(skipped), why))


def of_browser(text: str, packages: int, why: str = "") -> Answer:
    """From what `npm audit --json` prints, of a lock file with so many packages."""
    answer = read(text)
    if "vulnerabilities" not in answer:
        return Answer("npm audit", packages, 0, [], str(answer.get("message") or why))
    return Answer("npm audit", packages, packages, sorted(answer["vulnerabilities"]))


def read(text: str) -> dict[str, Any]:
    """An object, empty for what is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def run(command: list[str]) -> tuple[str, str]:
    """What it printed, and the last line of what it complained of."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        return "", type(problem).__name__
    return done.stdout, done.stderr.strip().rpartition("\n")[2]


def main() -> None:
    audit = str(Path(sys.executable).with_name("pip-audit"))
    asked = [audit, "--requirement", "requirements-dev.txt", "--no-deps", "--disable-pip", "--format", "json",
             "--progress-spinner", "off", "--timeout", "5"]  # fmt: skip
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    packages = sum(1 for name in locked if name)
    said, why = run([*npm(), "audit", "--json"])
    answers = [of_python(*run(asked)), of_browser(said, packages, why)]
    for answer in answers:
        print(answer.sentence)
    raise SystemExit(any(answer.found for answer in answers))


if __name__ == "__main__":
    main()
