from __future__ import annotations

from django.apps import AppConfig


class FoundationConfig(AppConfig):
    name = "dignamik.foundation"
    label = "foundation"
    verbose_name = "Fondations"

    def ready(self) -> None:
        from dignamik.foundation import checks, watching  # noqa: F401 (registers the system checks)

        watching.listen()
