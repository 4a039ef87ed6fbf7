"""What each kind of background job does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clients.intake.files import working as files
from clients.intake.source import working as source
from clients.syncs import SYNC_KIND
from dignamik.foundation.jobs import Going, Work
from segmentation.runs import requesting, working
from segmentation.runs.refreshing import bring_up_to_date


def bring_in(going: Going) -> Mapping[str, Any]:
    """Work on a file of clients; `clients` knows nothing of segments, so theirs are seen to here."""
    result = files.carry_out(going)
    bring_up_to_date()
    return result


def follow_source(going: Going) -> Mapping[str, Any]:
    """A sync of the internal database; as above."""
    result = source.carry_out(going)
    bring_up_to_date()
    return result


KINDS: Mapping[str, Work] = {requesting.KIND: working.carry_out, files.KIND: bring_in, SYNC_KIND: follow_source}
