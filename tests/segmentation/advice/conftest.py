"""A published run over nobody: each test puts its own clients where it needs them."""

from __future__ import annotations

import pytest

from segmentation.models import Run
from tests.published import a_run


@pytest.fixture
def run(db: None) -> Run:
    """Four segments, `segment-0` to `segment-3`, with the figures of the planted data."""
    return a_run()
