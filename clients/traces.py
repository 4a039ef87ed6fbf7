"""What names one client: all names, addresses and identifiers it ever had here, and whether a text speaks of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from clients.models import Client
from clients.places import fold

LONG_ENOUGH = 6
"""Letters from which a name inside a longer text is taken for this client's; a shorter one only fills a text alone."""


@dataclass(frozen=True)
class Traces:
    """Folded names, and what is written one way only (e-mail addresses, identifiers) in lower case."""

    names: frozenset[str]
    exact: frozenset[str]
    phones: frozenset[str]
    source_ids: frozenset[str]

    @classmethod
    def of(cls, clients: Sequence[Client]) -> Traces:
        """Of one person's clients as they are and of every version of their histories."""
        columns = ("name", "email", "source_id", "phone")
        versions = Client.history.filter(id__in=[client.pk for client in clients])
        rows = {
            *(tuple(getattr(client, name) for name in columns) for client in clients),
            *versions.values_list(*columns),
        }
        return cls(
            names=frozenset(fold(name) for name, *_ in rows if fold(name)),
            exact=frozenset(text.lower() for _, *both, _ in rows for text in both if text),
            phones=frozenset(digits for *_, phone in rows if (digits := _digits(phone or ""))),
            source_ids=frozenset(source_id for _, _, source_id, _ in rows if source_id),
        )

    def fill(self, text: Any) -> bool:
        """Whether a text is nothing but one of these."""
        said = str(text or "").strip()
        return bool(said) and (
            fold(said) in self.names
            or said.lower() in self.exact
            or (bool(_digits(said)) and _digits(said) in self.phones)
        )

    def are_in(self, text: Any) -> bool:
        """Whether a text speaks of the client, by a whole name, an e-mail address or an identifier in it."""
        said = str(text or "")
        if not said:
            return False
        if self.fill(said):
            return True
        lower, folded = said.lower(), fold(said)
        found = any(_as_words(name, folded) for name in self.names if len(name) >= LONG_ENOUGH)
        return found or any(_as_words(word, lower) for word in self.exact if len(word) >= LONG_ENOUGH)

    def are_in_any(self, texts: Iterable[Any]) -> bool:
        return any(self.are_in(text) for text in texts)


def _as_words(part: str, text: str) -> bool:
    return part in text and re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text) is not None


def _digits(text: str) -> str:
    """A telephone number without its spaces and its country; "" for what is none."""
    found = re.sub(r"[^\d+]", "", text)
    found = re.sub(r"^(\+33|0033)", "0", found)
    return found if re.fullmatch(r"0\d{9}", found) else ""
