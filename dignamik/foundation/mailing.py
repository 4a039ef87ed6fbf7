"""E-mail where no mail server is set: on the terminal, beside the log."""

from __future__ import annotations

import sys
from typing import Any

from django.core.mail.backends import console


class TerminalEmail(console.EmailBackend):
    """Django's own prints to standard output, where `--json` promises one JSON object and nothing else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"stream": sys.stderr, **kwargs})
