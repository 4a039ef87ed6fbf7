"""What a worker does for a run that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dignamik.foundation.jobs import Going, Refused
from dignamik.foundation.locks import Busy
from segmentation.engine.errors import EngineError
from segmentation.runs.retraining import Asked, retrain


def carry_out(going: Going) -> Mapping[str, Any]:
    """Retrain as the job says. Returns the run's number and state; raises Refused with a French sentence."""
    asked = going.job.payload
    by = going.job.asked_by
    try:
        wanted = Asked(clusters=asked["clusters"], seed=asked["seed"], by=by, why=asked["why"])
        outcome = retrain(wanted, going.tell)
    except Busy:
        raise Refused("Un autre calcul était en cours : redemandez-le quand il sera fini.") from None
    except EngineError as problem:
        raise Refused(str(problem)) from problem
    return {"run": outcome.run.pk if outcome.run else None, "state": outcome.state}
