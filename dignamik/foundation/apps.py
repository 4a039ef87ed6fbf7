from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FoundationConfig(AppConfig):
    name = "dignamik.foundation"
    label = "foundation"
    verbose_name = _("Fondations")

    def ready(self) -> None:
        from dignamik.foundation import checks, watching  # noqa: F401 (registers the system checks)

        watching.listen()
