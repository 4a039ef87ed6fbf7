"""Who was erased, without saying who: keyed digests that a sync, a file, an entry or a backup is held against.

HMAC-SHA256 under `ERASURE_KEY`: nobody without the key can try names. A tombstone made under a key that is not here any
more cannot be compared, so that everything that brings clients in is refused until the key is back.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from clients.facts import ClientFacts
from clients.matching import key_of, known_clients
from clients.models import Client, Erasure
from clients.places import fold, fold_town

SOURCE, POSTAL_CODE, CITY = "source_id", "postal_code", "city"
FIELDS = (SOURCE, POSTAL_CODE, CITY)


class TurnedAway(Exception):
    """Facts may not come in. Said to whoever brings them, in their language."""


class KeyIsGone(TurnedAway):
    def __init__(self) -> None:
        super().__init__(
            _(
                "Des personnes ont été effacées avec une autre clé (ERASURE_KEY ou SECRET_KEY)\u00a0: sans elle, rien "
                "ne peut entrer sans risquer de les faire revenir. Remettez cette clé, puis recommencez."
            )
        )


class WasErased(TurnedAway):
    def __init__(self, erasure: Erasure) -> None:
        super().__init__(_("%(erased)s\u00a0: ses données ne peuvent pas revenir.") % {"erased": why_gone(erasure)})


def why_gone(erasure: Erasure) -> str:
    """« Effacé à la demande de la personne », or after which other reason."""
    said = {
        Erasure.Reason.REQUEST: _("Effacé à la demande de la personne"),
        Erasure.Reason.RETENTION: _("Effacé au terme de sa durée de conservation"),
        Erasure.Reason.MISTAKE: _("Effacé après une collecte par erreur"),
    }
    return said[Erasure.Reason(erasure.reason)]


@dataclass(frozen=True)
class Traits:
    """What digests are made of: an identifier, a folded name, a postal code and a folded town; "" where unknown."""

    source_id: str
    name: str
    postal_code: str
    city: str

    def said(self, field: str) -> str:
        """The text behind one digest; "" where there is nothing to digest."""
        if field == SOURCE:
            return self.source_id
        place = getattr(self, field)
        return f"{self.name}\n{place}" if self.name and place else ""


def traits_of(client: Client) -> Traits:
    return Traits(client.source_id or "", fold(client.name), client.postal_code, fold_town(client.city))


def traits_of_fact(fact: ClientFacts) -> Traits:
    said = fact.fields
    name, city = fold(str(said.get("name") or "")), fold_town(str(said.get("city") or ""))
    return Traits(fact.source_id or "", name, str(said.get("postal_code") or ""), city)


def key_name(key: str) -> str:
    """What a tombstone calls the key it was made with; tells nothing of it."""
    return hmac.new(key.encode(), b"dignamik.erasures", hashlib.sha256).hexdigest()[:8]


def keys() -> dict[str, str]:
    """The keys that can be compared with, by name; the first makes new tombstones."""
    known = (settings.ERASURE_KEY, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return {key_name(key): key for key in dict.fromkeys(map(str, known))}


def digests(traits: Traits, key: str) -> dict[str, str]:
    """By field of `Erasure`; "" where there is nothing to digest."""
    texts = {field: traits.said(field) for field in FIELDS}
    return {field: _digest(key, field, text) if text else "" for field, text in texts.items()}


def bury(client: Client, *, reason: str, at: datetime, by: Any = None) -> Erasure:
    """Leave a tombstone for this client; one is enough for two doubles that are told by the same words."""
    name, key = next(iter(keys().items()))
    said = {"reason": reason, "by": by}
    return Erasure.objects.get_or_create(key=name, at=at, **digests(traits_of(client), key), defaults=said)[0]


class Tombstones:
    """All tombstones, to hold many facts against: one query, whatever their number. Raises KeyIsGone."""

    def __init__(self) -> None:
        found = keys()
        self._keys: dict[str, str] = {}
        self._buried: dict[tuple[str, str], list[Erasure]] = defaultdict(list)
        for erasure in Erasure.objects.order_by("pk"):
            if erasure.key not in found:
                raise KeyIsGone
            self._keys[erasure.key] = found[erasure.key]
            for field in FIELDS:
                if digest := getattr(erasure, field):
                    self._buried[field, digest].append(erasure)

    def __bool__(self) -> bool:
        return bool(self._keys)

    def speaking_of(self, fact: ClientFacts) -> Erasure | None:
        """The tombstone of whom these facts are about: by identifier, or by name and place."""
        return next((erasure for _field, erasure in self._matching(traits_of_fact(fact))), None)

    def of(self, client: Client) -> Erasure | None:
        """The tombstone of a client that a restored backup brought back.

        More careful than for what comes in: an identifier counts before a name, and who came after the erasure is
        somebody who came again.
        """
        for field, erasure in self._matching(traits_of(client)):
            named_otherwise = field != SOURCE and erasure.source_id and client.source_id
            if client.created_at <= erasure.at and not named_otherwise:
                return erasure
        return None

    def _matching(self, traits: Traits) -> Iterator[tuple[str, Erasure]]:
        """(field, tombstone) pairs. A town alone says who is meant where one of the two has no postal code."""
        for key in self._keys.values():
            for field, digest in digests(traits, key).items():
                for erasure in self._buried.get((field, digest), ()) if digest else ():
                    if field != CITY or not (traits.postal_code and erasure.postal_code):
                        yield field, erasure


def erased_among(facts: Sequence[ClientFacts]) -> dict[int, Erasure]:
    """The facts about somebody who was erased, by their places, each with the tombstone. Raises KeyIsGone.

    Whoever is in the book and was not erased may bear the name of somebody who was: their facts may come in.
    """
    buried = Tombstones()
    suspects = {at: erasure for at, fact in enumerate(facts) if (erasure := buried.speaking_of(fact)) is not None}
    known = known_clients([facts[at] for at in suspects])
    return {
        at: erasure
        for at, erasure in suspects.items()
        if (held := known.clients.get(key_of(facts[at]))) is None or buried.of(held) is not None
    }


def refuse_erased(facts: Sequence[ClientFacts]) -> None:
    """Raises TurnedAway: WasErased where one of these facts is about somebody who was, or KeyIsGone."""
    for erasure in erased_among(facts).values():
        raise WasErased(erasure)


def _digest(key: str, field: str, text: str) -> str:
    return hmac.new(key.encode(), f"{field}\n{text}".encode(), hashlib.sha256).hexdigest()
