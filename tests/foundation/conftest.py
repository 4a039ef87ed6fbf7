from __future__ import annotations

import time
from collections.abc import Callable

import pytest

HOUR = 3600


@pytest.fixture
def an_hour_later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Moves the clock that sessions are measured by; each call once more."""
    hands = [time.time()]

    def move() -> None:
        hands[0] += HOUR
        monkeypatch.setattr("dignamik.foundation.proving.time.time", lambda: hands[0])

    return move
