"""One retrain, from the book of record to the pointer. The only caller of `engine.training`.

Read and fit hold no transaction; then one transaction writes run, segments, profiles and assignments and moves the
pointer. Whoever is killed before its end leaves the old run in service.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from pickle import PicklingError
from typing import Any

import pandas as pd
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.utils import timezone

from clients.models import Client
from dignamik.foundation.jobs import Cancelled
from dignamik.foundation.locks import exclusive
from segmentation.engine.errors import EngineError
from segmentation.engine.recipe import Recipe
from segmentation.engine.scoring import NOT_CLASSIFIABLE, score
from segmentation.engine.training import Fit, train
from segmentation.models import Run, Segment
from segmentation.runs import bulk, frames, identity, recipes
from segmentation.runs.alerting import alert_admins
from segmentation.runs.exporting import export
from segmentation.runs.placing import placed
from segmentation.runs.publishing import publish
from segmentation.runs.surroundings import COLUMNS, surroundings

Progress = Callable[[str, float], None]
FITTING = 0.95
"""The engine's part of the progress that people see; the rest is writing."""
OBJECTED_MEANWHILE = "Un client s’est opposé au profilage pendant ce calcul\u00a0: relancez-le."


@dataclass(frozen=True)
class Asked:
    """What somebody wants of a run. `by` is an account, `named` what the system calls a person at a terminal."""

    clusters: int | None = None
    seed: int | None = None
    publish: bool = True
    by: Any = None
    named: str = ""
    why: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of it. `run` is None after a dry run; `segments` as (slug, name, size in training), by cluster.

    `everyone` is the frame of all clients that were placed.
    """

    run: Run | None
    state: str
    fit: Fit
    clients: int
    scored: int
    segments: tuple[tuple[str, str, int], ...]
    verdict: dict[str, Any]
    movements: dict[str, Any]
    seconds: dict[str, float]
    everyone: frames.Frame


class Clock:
    """Seconds spent in each named part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)


def retrain(asked: Asked, on_progress: Progress | None = None) -> Outcome:
    """Train on the clients as they are now, and publish if every gate passes.

    Raises Busy when another retrain is going, NothingToTrain or another EngineError when the engine refuses.
    """
    with exclusive("retrain"):
        _bury_the_dead()
        in_force = recipes.settled()
        recipe = _as_asked(in_force.recipe, asked)
        today = timezone.localdate()
        run = Run.objects.create(
            state=Run.State.TRAINING, as_of=today, recipe=recipe.to_dict(), recipe_version=in_force.version,
            seed=recipe.seed, clusters=asked.clusters, requested_by=asked.by, requested_name=asked.named,
            choice={"asked_why": asked.why},
        )  # fmt: skip
        try:
            outcome = _carry_out(run, recipe, asked, on_progress)
        except BaseException as problem:
            _give_up(run, problem)
            raise
        if outcome.state == Run.State.HELD:
            alert_admins(run.pk)
        return outcome


def rehearse(asked: Asked, on_progress: Progress | None = None) -> Outcome:
    """The same, writing nothing."""
    clock = Clock()
    recipe = _as_asked(recipes.in_force().recipe, asked)
    fit, everyone, plan = _fit(recipe, timezone.localdate(), clock, on_progress)
    clock.seconds |= {"write": 0.0, "total": round(sum(clock.seconds.values()), 3)}
    segments = tuple((item.slug, item.name, item.size) for item in plan.named)
    placed = sum(standing != NOT_CLASSIFIABLE for standing in score(everyone.columns, fit.document).standing)
    return Outcome(
        None, "dry_run", fit, len(fit.index), placed, segments, plan.verdict, plan.movements, clock.seconds, everyone
    )


def _as_asked(recipe: Recipe, asked: Asked) -> Recipe:
    recipe = recipe.with_clusters(asked.clusters)
    return recipe if asked.seed is None else recipe.with_seed(asked.seed)


def _give_up(run: Run, problem: BaseException) -> None:
    plain = isinstance(problem, EngineError | Cancelled)
    said = str(problem) if plain else "Le calcul a été interrompu par une erreur."
    # What refused the run, a full disk or a server that is gone, may refuse this too: the next run buries the dead.
    with suppress(DatabaseError, InterfaceError):
        if connection.errors_occurred and not connection.in_atomic_block and not connection.is_usable():
            connection.close()  # cut under us: the next query opens another
        going = Run.objects.filter(pk=run.pk, state=Run.State.TRAINING)
        failed = going.update(state=Run.State.FAILED, error=said, finished_at=timezone.now())
        if failed and not isinstance(problem, Cancelled):
            alert_admins(run.pk)


def _bury_the_dead() -> None:
    """Runs still marked as training while we hold the lock belong to a process that died."""
    dead = Run.objects.filter(state=Run.State.TRAINING)
    numbers = list(dead.values_list("pk", flat=True))
    dead.update(state=Run.State.FAILED, error="Le calcul a été interrompu avant la fin.", finished_at=timezone.now())
    for number in numbers:
        alert_admins(number)


def _fit(
    recipe: Recipe, as_of: date, clock: Clock, on_progress: Progress | None
) -> tuple[Fit, frames.Frame, identity.Plan]:
    with clock.part("read"):
        frame = frames.read(frames.trainable(), as_of)
        everyone = frames.read(Client.objects.present().profiled(), as_of)
        around = surroundings(frame.pks)
    with clock.part("fit"):
        table = pd.DataFrame({**frame.columns, **around}, index=pd.Index(frame.pks, dtype="int64"))
        before = identity.reference()
        published = identity.document_of(before)
        fit = train(table, recipe, on_progress, published, extras=COLUMNS)
    return fit, everyone, identity.plan(fit, before)


def _carry_out(run: Run, recipe: Recipe, asked: Asked, on_progress: Progress | None) -> Outcome:
    clock = Clock()
    tell = on_progress or (lambda step, share: None)
    fit, everyone, plan = _fit(recipe, run.as_of, clock, lambda step, share: tell(step, FITTING * share))
    tell("Enregistrement des placements", FITTING)
    with clock.part("write"), transaction.atomic():
        segments = identity.settle(plan, fit, run)
        run.scored = _write_assignments(run, fit, everyone, segments)
        _refuse_objected(fit)
        _write_run(run, asked, fit, plan, segments)
        run.left_out = frames.left_out(set(everyone.pks).difference(fit.index.tolist()))
        passed = bool(plan.verdict["passed"])
        run.state = Run.State.TRAINED if passed else Run.State.HELD
        run.seconds = clock.seconds
        run.finished_at = timezone.now()
        run.save()
        if passed and asked.publish:
            publish(run, by=asked.by)
            run.refresh_from_db(fields=["state"])
    _export(run, fit)
    clock.seconds["total"] = round(sum(clock.seconds.values()), 3)
    # Committed, and people see it: what cannot be written from here on is a remark that is missing, not a run.
    with suppress(DatabaseError, InterfaceError):
        Run.objects.filter(pk=run.pk).update(seconds=clock.seconds, notes=run.notes)
    named = tuple((segments[item.cluster].slug, segments[item.cluster].name, item.size) for item in plan.named)
    return Outcome(
        run, run.state, fit, run.clients, run.scored, named, plan.verdict, plan.movements, clock.seconds, everyone
    )


def _export(run: Run, fit: Fit) -> None:
    """The notebook's file. It is an export: without it the run stands, and says so."""
    try:
        export(run, fit)
    except (OSError, MemoryError, PicklingError) as problem:
        why = getattr(problem, "strerror", None) or problem or type(problem).__name__
        run.notes = [*run.notes, f"Le fichier pour notebook n’a pas pu être écrit\u00a0: {why}."]


def _write_run(run: Run, asked: Asked, fit: Fit, plan: identity.Plan, segments: dict[int, Segment]) -> None:
    stable = tuple(segments[cluster].slug for cluster in range(fit.k))
    run.document = replace(fit.document, stable=stable).to_dict()
    run.k = fit.k
    run.clients = len(fit.index)
    run.scores = {
        str(item.k): {**asdict(item), "stability": item.stability, "above_null": item.above_null}
        for item in fit.candidates
    }
    run.choice = {**asdict(fit.choice), "asked_why": asked.why}
    run.verdict = plan.verdict
    run.notes = list(fit.warnings)


def _refuse_objected(fit: Fit) -> None:
    """Nobody who objected while the model was being fitted is in a run that people will see.

    After the placements are written: from then on an objection waits for this transaction, and then undoes them.
    Raises EngineError.
    """
    objected = Client.objects.exclude(profiling_objected_at=None).values_list("pk", flat=True)
    if set(objected) & set(fit.index.tolist()):
        raise EngineError(OBJECTED_MEANWHILE)


def _write_assignments(run: Run, fit: Fit, everyone: frames.Frame, segments: dict[int, Segment]) -> int:
    """Place every present client; those the run was fitted on keep the label of training. Returns how many placed."""
    fitted = set(fit.index.tolist())
    now = timezone.now()
    places = placed(everyone.columns, fit.document, segments)
    rows = [
        bulk.row(
            run.pk, pk, place, everyone.values(at), fitted=pk in fitted, facts_at=everyone.changed_at[at], scored_at=now
        )
        for at, (pk, place) in enumerate(zip(everyone.pks, places, strict=True))
    ]  # fmt: skip
    segment = bulk.COLUMNS.index("segment_id")
    return sum(row[segment] is not None for row in bulk.write(rows))
