"""Whether something that looks like a secret has come into the files of git, besides what was looked at before.

`--accept` writes what is there now as looked at. detect-secrets' own hook rewrites its baseline whenever a line moves;
here only what is new counts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BASELINE = ROOT / ".secrets.baseline"
# Checksums of packages, and translations, in which every long word looks random.
LEFT_OUT = r"^package-lock\.json$|\.po$|^\.secrets\.baseline$"


def scan(root: Path = ROOT) -> dict[tuple[str, str], tuple[str, int]]:
    """What looks like a secret: (file, its digest) → (kind, line)."""
    command = [str(Path(sys.executable).with_name("detect-secrets")), "scan", "--exclude-files", LEFT_OUT]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return listed(json.loads(done.stdout)["results"])


def listed(results: dict[str, list[dict[str, Any]]]) -> dict[tuple[str, str], tuple[str, int]]:
    return {
        (name, item["hashed_secret"]): (item["type"], item.get("line_number", 0))
        for name, items in results.items()
        for item in items
    }


def main() -> None:
    found = scan()
    if "--accept" in sys.argv:
        kept: dict[str, list[dict[str, str]]] = {}
        for (name, digest), (kind, _line) in sorted(found.items()):
            kept.setdefault(name, []).append({"type": kind, "hashed_secret": digest})
        BASELINE.write_text(json.dumps({"results": kept}, indent=1) + "\n")
        print(f"{len(found)} looked at.")
        return
    known = listed(json.loads(BASELINE.read_text())["results"])
    fresh = {place: what for place, what in found.items() if place not in known}
    for (name, _digest), (kind, line) in sorted(fresh.items()):
        print(f"{name}:{line}: {kind}", file=sys.stderr)
    if fresh:
        raise SystemExit("Take it out, and out of git's history; or, if it is none: python -m scripts.leaked --accept")
    print(f"No secret but the {len(known)} throw-away values that were looked at.")


if __name__ == "__main__":
    main()
