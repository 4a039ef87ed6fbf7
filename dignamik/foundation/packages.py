"""Third-party browser files, served from `node_modules/` without being copied into the repository."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage
from django.core.checks import Warning as CheckWarning
from django.core.files.storage import FileSystemStorage

# Outline icons that pages use, drawn as CSS masks in the colour of the text.
ICONS = (
    "alert-triangle",
    "chart-pie",
    "download",
    "filter",
    "history",
    "layout-dashboard",
    "logout",
    "search",
    "users",
)
# Public name -> file under node_modules. Whatever a page loads from outside the project is in this table. A file that
# names its source map needs the map beside it, or collectstatic fails.
FILES = {
    "vendor/tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/tabler/tabler.min.css.map": "@tabler/core/dist/css/tabler.min.css.map",
    "vendor/echarts/echarts.min.js": "echarts/dist/echarts.min.js",
    "vendor/markercluster/leaflet.markercluster.js": "leaflet.markercluster/dist/leaflet.markercluster.js",
    "vendor/markercluster/leaflet.markercluster.js.map": "leaflet.markercluster/dist/leaflet.markercluster.js.map",
    "vendor/markercluster/MarkerCluster.css": "leaflet.markercluster/dist/MarkerCluster.css",
    **{f"vendor/icons/{name}.svg": f"@tabler/icons/icons/outline/{name}.svg" for name in ICONS},
}


class PackageFinder(BaseFinder):
    """A staticfiles finder for exactly the files of `FILES`."""

    def __init__(self) -> None:
        self.root = settings.BASE_DIR / "node_modules"

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        missing = [source for source in FILES.values() if not (self.root / source).is_file()]
        if not missing:
            return []
        return [
            CheckWarning(
                f"{len(missing)} fichier(s) de node_modules manquent, dont {missing[0]}.",
                hint="Lancez « make packages » (npm ci).",
                id="dignamik.W001",
            )
        ]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002 (Django's signature)
        source = FILES.get(path.replace("\\", "/"))
        found = str(self.root / source) if source and (self.root / source).is_file() else None
        if find_all:
            return [found] if found else []
        return found or []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        for public, source in FILES.items():
            storage = RenamedFile(self.root, public=public, source=source)
            yield public, storage


class RenamedFile(FileSystemStorage):
    """One package file under its public name, as collectstatic wants it."""

    prefix = ""

    def __init__(self, root: Any, *, public: str, source: str) -> None:
        super().__init__(location=root)
        self.names = {public: source}

    def path(self, name: str) -> str:
        return super().path(self.names.get(name, name))
