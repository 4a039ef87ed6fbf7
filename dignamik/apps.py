from __future__ import annotations

from django.apps import AppConfig


class DignamikConfig(AppConfig):
    """The roof as an app: it holds the commands that stand above all others."""

    name = "dignamik"
    verbose_name = "Dignamik"
