"""How long one waits after wrong passwords: longer each time, counted for all workers together.

Three counts for passwords. An account from one address: somebody tries one door. An account from everywhere: many
machines try one door. An address on all accounts: one machine tries many doors. Codes of the second factor and letters
have counts of their own. Each guess is counted *before* its password is looked at, under a lock, so that twenty at the
same moment are twenty. Delays end by themselves, within minutes: nobody is shut out for hours by somebody else's
guesses, and open sessions never are.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from axes.models import AccessLog
from django.db import transaction
from django.utils import timezone

from dignamik.foundation.addresses import neighbourhood
from dignamik.foundation.models import Guess

LONGEST_NAME = 255  # of a name in the log of logins
FIRST_DELAY = 5  # seconds, doubled by each further guess
FAMILIAR_FOR = timedelta(days=30)
"""An account that came in from an address this recently does not wait there for guesses made elsewhere."""


@dataclass(frozen=True)
class Rule:
    """So many guesses without delay, the longest delay, and how long without a guess forgets them all."""

    free: int
    longest: timedelta
    forget: timedelta

    def delay(self, count: int) -> timedelta:
        """How long after guess number `count`."""
        if count < self.free:
            return timedelta()
        return min(self.longest, timedelta(seconds=FIRST_DELAY * 2 ** min(count - self.free, 20)))


PAIR = Rule(free=4, longest=timedelta(minutes=15), forget=timedelta(hours=24))
ACCOUNT = Rule(free=30, longest=timedelta(minutes=5), forget=timedelta(hours=1))
ADDRESS = Rule(free=30, longest=timedelta(minutes=5), forget=timedelta(hours=1))
TOKENS = Rule(free=10, longest=timedelta(minutes=5), forget=timedelta(hours=1))
# Whoever guesses at codes has the password already: an account's few free ones are for all addresses together.
CODES = Rule(free=5, longest=timedelta(minutes=15), forget=timedelta(hours=24))
# E-mails asked for by somebody who is not signed in.
LETTERS = Rule(free=3, longest=timedelta(minutes=15), forget=timedelta(hours=24))


def keys(account: str, ip: str) -> Mapping[str, Rule]:
    """What a guess at this account from this address counts for."""
    name, place = _name(account), neighbourhood(ip)
    rules = {f"{name} @ {place}": PAIR, f"@ {place}": ADDRESS}
    since = timezone.now() - FAMILIAR_FOR
    familiar = AccessLog.objects.filter(username=account[:LONGEST_NAME], ip_address=ip, attempt_time__gt=since)
    return rules if familiar.exists() else rules | {name: ACCOUNT}


def token_keys(ip: str) -> Mapping[str, Rule]:
    """The same for a token that is none."""
    return {f"jeton @ {neighbourhood(ip)}": TOKENS}


def code_keys(account: str, ip: str) -> Mapping[str, Rule]:
    """The same for a code of the second factor. Not the keys of passwords: a right password forgives those."""
    return {f"code @ {_name(account)}": CODES, f"@ {neighbourhood(ip)}": ADDRESS}


def letter_keys(address: str, ip: str) -> Mapping[str, Rule]:
    """The same for a reset asked for at this e-mail address, whether or not anybody has it."""
    return {f"courriel @ {_name(address)}": LETTERS, f"courriel de @ {neighbourhood(ip)}": ADDRESS}


def strike(rules: Mapping[str, Rule]) -> float:
    """Count one guess; 0 to go on. While one has to wait, seconds left, and nothing is counted."""
    now = timezone.now()
    with transaction.atomic():
        Guess.objects.bulk_create([Guess(key=key, last_at=now, until=now) for key in rules], ignore_conflicts=True)
        # In the same order for everybody, so that no two wait for each other.
        rows = list(Guess.objects.select_for_update().filter(key__in=rules).order_by("key"))
        left = max((row.until - now).total_seconds() for row in rows)
        if left > 0:
            return left
        for row in rows:
            _count(row, rules[row.key], now)
    return 0.0


def _count(row: Guess, rule: Rule, now: datetime) -> None:
    row.count = 1 if row.last_at < now - rule.forget else row.count + 1
    row.last_at, row.until = now, now + rule.delay(row.count)
    row.save()


def forgive(rules: Mapping[str, Rule]) -> None:
    """The guess was right: it counts for nothing. The guesses of others stay, else whoever holds one account could
    clear the count of an address between two guesses at another."""
    now = timezone.now()
    with transaction.atomic():
        for row in Guess.objects.select_for_update().filter(key__in=rules).order_by("key"):
            if rules[row.key] in (PAIR, CODES) or row.count <= 1:
                row.delete()
            else:
                row.count, row.until = row.count - 1, now
                row.save()


def _name(account: str) -> str:
    """An account as a key, whatever its spelling and length."""
    folded = unicodedata.normalize("NFKC", account).casefold().replace("\x00", "")
    return folded if len(folded) <= 100 else sha256(folded.encode("utf-8", "replace")).hexdigest()
