"""Two retrains at once, readers and editors while one goes: nobody ever sees, or makes, a half of anything.

Every promise has a twin that takes the protection away: there the harm must show, or the test would prove nothing.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection
from django.test import Client as Browser

from clients.facts import ClientFacts
from clients.models import Client
from clients.recording import record
from segmentation.models import Assignment, Publication, Run
from segmentation.runs import bulk, retraining
from segmentation.runs.publishing import publish
from segmentation.runs.retraining import Asked, retrain
from tests.outside import Start, manage, wait_for
from tests.reading import body, signed_in
from tests.segmentation.runs.conftest import STAMP, hurry, planted_facts
from tests.segmentation.runs.seen import shown

FOUR = Asked(clusters=4)
inside: Any = retraining
"""The module, to put other functions into it."""


# --- Two at once -----------------------------------------------------------------------------------------------------


def racer(there: str, go: str, *, locked: bool) -> None:
    """`retrain`, waiting where it would fit; how long the command took is in `there`.seconds."""
    hurry()
    if not locked:
        inside.exclusive = lambda name: nullcontext()
    real = inside.train

    def waiting(*args: Any, **kwargs: Any) -> Any:
        Path(there).touch()
        wait_for(Path(go), 120)
        return real(*args, **kwargs)

    inside.train = waiting
    began = time.process_time()  # what it costs itself, however busy the machine is
    try:
        manage("retrain", "--clusters", "4")
    finally:
        Path(there + ".seconds").write_text(str(time.process_time() - began))


def test_of_two_retrains_at_once_one_is_refused_at_once_and_one_run_is_published(
    outside: Start, tmp_path: Path
) -> None:
    record(planted_facts(), STAMP)
    go = tmp_path / "go"
    first = outside(_locked_racer, str(tmp_path / "first"), str(go))
    wait_for(tmp_path / "first")

    second = outside(_locked_racer, str(tmp_path / "second"), str(go))

    assert second.end() == 4, second.said()
    assert "en cours" in second.said()
    assert float((tmp_path / "second.seconds").read_text()) < 2
    assert not (tmp_path / "second").exists() and first.running  # refused, not served after the first
    go.touch()
    assert first.end() == 0, first.said()
    assert list(Run.objects.values_list("state", flat=True)) == [Run.State.PUBLISHED]
    assert Publication.objects.count() == 1


def test_without_the_lock_the_race_shows(outside: Start, tmp_path: Path) -> None:
    record(planted_facts(), STAMP)
    retrain(FOUR)
    go = tmp_path / "go"
    first = outside(_free_racer, str(tmp_path / "first"), str(go))
    wait_for(tmp_path / "first")
    second = outside(_free_racer, str(tmp_path / "second"), str(go))
    wait_for(tmp_path / "second")  # both are inside

    # The second has buried the first alive, and both publish.
    assert list(Run.objects.order_by("pk").values_list("state", flat=True)) == ["published", "failed", "training"]
    go.touch()
    first.end(), second.end()
    assert Publication.objects.count() == 3


def _locked_racer(there: str, go: str) -> None:
    racer(there, go, locked=True)


def _free_racer(there: str, go: str) -> None:
    racer(there, go, locked=False)


# --- Readers while the pointer moves ---------------------------------------------------------------------------------

ADDRESSES = (
    "/", "/clients/?page_size=25", "/clients/?export=csv", "/segments/", "/explorer/", "/api/v1/clients/?page_size=200",
    "/api/v1/clients/map/", "/api/v1/segments/", "/api/v1/explorer/",
)  # fmt: skip
ROUNDS = 5
"""How often each reader goes through all of them while the pointer moves."""
PER_REQUEST = re.compile(
    r'name="csrfmiddlewaretoken" value="[^"]+"'  # masked anew each time
    r"|hx-headers='[^']+'"
    r"|\d+\w*\s\w+\s\d{4}\sà\s\d+\sh\s\d\d"  # when it was published: going back makes it later
)


def look(browser: Browser) -> Iterator[tuple[str, str]]:
    """What each address says, as (address, digest), and between them what the ORM says."""
    for address in ADDRESSES:
        response = browser.get(address)
        assert response.status_code == 200, (address, response.status_code)
        yield address, _digest(PER_REQUEST.sub("", body(response)))
        yield "orm", _digest(json.dumps(shown(), sort_keys=True))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def reader(session: str, stop: str, found: str) -> None:
    """Look again and again until told to stop, writing down after each round what was seen how often."""
    browser = Browser()
    browser.cookies["sessionid"] = session
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    rounds = 0
    while not Path(stop).exists():
        for address, digest in look(browser):
            seen[address][digest] += 1
        rounds += 1
        told = {"rounds": rounds, "seen": seen}
        Path(found + ".part").write_text(json.dumps(told))
        Path(found + ".part").rename(found)


class Readers:
    """Two processes that read all the time."""

    def __init__(self, outside: Start, browser: Browser, folder: Path) -> None:
        self.stop = folder / "stop"
        self.files = [folder / f"reader-{number}.json" for number in range(2)]
        session = browser.cookies["sessionid"].value
        self.processes = [outside(reader, session, str(self.stop), str(file)) for file in self.files]
        self.after(1)

    def rounds(self) -> int:
        """How many the slower of them has made."""
        told = [json.loads(file.read_text())["rounds"] if file.exists() else 0 for file in self.files]
        return min(told)

    def after(self, rounds: int, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Wait until both have made so many rounds more."""
        goal, deadline = self.rounds() + rounds, time.monotonic() + 240
        while self.rounds() < goal:
            assert time.monotonic() < deadline and all(process.running for process in self.processes)
            meanwhile()
            time.sleep(0.05)

    def tell(self) -> dict[str, Counter[str]]:
        """Stop them: what both saw together."""
        self.stop.touch()
        for process in self.processes:
            assert process.end() == 0, process.said()
        told = [json.loads(file.read_text()) for file in self.files]
        return {name: sum((Counter(one["seen"][name]) for one in told), Counter()) for name in (*ADDRESSES, "orm")}


def retrained() -> None:
    hurry()
    retrain(FOUR)


def careless(there: str, go: str) -> None:
    """A retrain that moves the pointer first and places the clients afterwards, without a transaction."""
    hurry()
    write = bulk.write

    def late(rows: Any) -> Any:
        Publication.objects.create(run_id=rows[0][0])
        Path(there).touch()
        wait_for(Path(go), 240)
        return write(rows)

    bulk.write = late
    inside.transaction = SimpleNamespace(atomic=nullcontext)
    retrain(FOUR)


def test_readers_never_see_a_mixture_while_runs_are_published_rolled_back_and_trained(
    outside: Start, helene: User, tmp_path: Path
) -> None:
    record(planted_facts(), STAMP)
    browser = signed_in(helene)
    two = retrain(Asked(clusters=2)).run
    states = [dict(look(browser))]
    four = retrain(FOUR).run
    assert two is not None and four is not None
    # Each with the other before it: the first page says what changed since the run before.
    for run in (four, two, four):
        publish(run, reason="essai")
        states.append(dict(look(browser)))
    readers = Readers(outside, browser, tmp_path)
    turn = itertools.cycle([two, four])

    readers.after(ROUNDS, lambda: (publish(next(turn), reason="aller et retour"), None)[1])
    if Run.objects.current() == two:
        publish(four, reason="pour de bon")
    last = outside(retrained)
    readers.after(2)
    assert last.end() == 0, last.said()
    states.append(dict(look(browser)))

    for address, digests in readers.tell().items():
        assert set(digests) <= {state[address] for state in states}, address
        assert len(digests) >= 2 or address.startswith("/api/v1/clients/map"), f"{address} was read in one state only"
        assert sum(digests.values()) >= 2 * ROUNDS


def test_the_same_readers_catch_a_pointer_that_moves_too_early(outside: Start, helene: User, tmp_path: Path) -> None:
    record(planted_facts(), STAMP)
    browser = signed_in(helene)
    retrain(FOUR)
    states = [dict(look(browser))]
    readers = Readers(outside, browser, tmp_path)
    there, go = tmp_path / "there", tmp_path / "go"

    wrong = outside(careless, str(there), str(go))
    wait_for(there)
    readers.after(2)  # the first of these rounds had begun before
    go.touch()
    assert wrong.end() == 1 and "déjà publié" in wrong.said(), wrong.said()

    states.append(dict(look(browser)))
    seen = readers.tell()
    for address in ("/clients/?page_size=25", "/segments/", "/api/v1/clients/?page_size=200", "orm"):
        assert set(seen[address]) - {state[address] for state in states}, f"{address} showed nothing wrong"


# --- Editors while it goes -------------------------------------------------------------------------------------------


def other_hands(work: Callable[[], None]) -> threading.Thread:
    """Somebody else's work, on a connection of its own."""

    def on_own_connection() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=on_own_connection)
    thread.start()
    return thread


def test_others_write_while_it_fits_and_who_is_added_then_is_placed_at_once_as_late(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(planted_facts(), STAMP)
    real = inside.train
    newcomer = ClientFacts("late", {"name": "Tard venu", "sector": "Services"}, turnover={2025: Decimal(90_000)})

    def train_while_one_comes(*args: Any, **kwargs: Any) -> Any:
        other_hands(lambda: (record([newcomer], STAMP), None)[1]).join(10)
        assert Client.objects.filter(source_id="late").exists()  # nobody had to wait for the fit
        return real(*args, **kwargs)

    monkeypatch.setattr(retraining, "train", train_while_one_comes)

    outcome = retrain(FOUR)

    assert outcome.state == Run.State.PUBLISHED
    assert outcome.scored == 160
    place = Assignment.objects.get(run=outcome.run, client__source_id="late")
    assert place.late and not place.fitted and place.segment is not None
    assert Assignment.objects.filter(run=outcome.run, late=False).count() == 160


@pytest.mark.postgresql
def test_a_server_that_ends_idle_transactions_does_not_end_a_long_fit(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(planted_facts(), STAMP)
    real = inside.train

    def long_train(*args: Any, **kwargs: Any) -> Any:
        time.sleep(3)
        return real(*args, **kwargs)

    monkeypatch.setattr(retraining, "train", long_train)
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = '2s'")
    try:
        assert retrain(FOUR).state == Run.State.PUBLISHED
    finally:
        connection.close()


def test_a_client_deleted_while_placements_are_written_is_held_until_they_are(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(planted_facts(), STAMP)
    hands: list[threading.Thread] = []
    name = "_copy" if connection.vendor == "postgresql" else "_insert"
    real = getattr(bulk, name)

    def leave() -> None:
        leaving = Client.objects.get(source_id="client-0001")
        try:
            leaving.delete()
        except IntegrityError:  # PostgreSQL: placed since Django looked what hangs on it; refused whole, not half
            leaving.delete()

    def write_while_one_leaves(rows: Any, *more: Any) -> None:
        hands.append(other_hands(leave))
        hands[0].join(0.7)
        assert hands[0].is_alive()  # it waits for the run
        real(rows, *more)

    monkeypatch.setattr(bulk, name, write_while_one_leaves)

    outcome = retrain(FOUR)
    hands[0].join(30)

    assert outcome.state == Run.State.PUBLISHED
    assert outcome.scored == 160
    assert Assignment.objects.filter(run=outcome.run).count() == 159  # gone with its client, nobody else
