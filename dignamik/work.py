"""What each kind of background job does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clients.intake.files import working as files
from dignamik.foundation import letters
from dignamik.foundation.jobs import Going, Work
from segmentation.runs import requesting, working
from segmentation.runs.refreshing import bring_up_to_date


def bring_in(going: Going) -> Mapping[str, Any]:
    """Work on a file of clients; `clients` knows nothing of segments, so theirs are seen to here."""
    result = files.carry_out(going)
    bring_up_to_date()
    return result


KINDS: Mapping[str, Work] = {
    requesting.KIND: working.carry_out,
    files.KIND: bring_in,
    letters.RESET: letters.send_resets,
}
