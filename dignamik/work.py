"""What each kind of background job does."""

from __future__ import annotations

from collections.abc import Mapping

from dignamik.foundation.jobs import Work
from segmentation.runs import requesting, working

KINDS: Mapping[str, Work] = {requesting.KIND: working.carry_out}
