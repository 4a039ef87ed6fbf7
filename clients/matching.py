"""Which client a source means: by its identifier there, else by its folded name and its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clients.facts import ClientFacts
from clients.figures import CHUNK
from clients.models import Client
from clients.places import fold, fold_town

Key = str | tuple[str, str]


def key_of(fact: ClientFacts) -> Key:
    """What `known_clients` finds the client of these facts by."""
    if fact.source_id:
        return fact.source_id
    return _name_and_place(fact.fields.get("name"), fact.fields.get("postal_code"), fact.fields.get("city"))


def _name_and_place(name: Any, postal_code: Any, city: Any) -> tuple[str, str]:
    return fold(str(name or "")), str(postal_code or "") or fold_town(str(city or ""))


@dataclass(frozen=True)
class Known:
    """`clients`: whom facts speak of, by `key_of`. `doubles`: the keys that only mean somebody merged into them."""

    clients: dict[Key, Client] = field(default_factory=dict)
    doubles: set[Key] = field(default_factory=set)


def known_clients(facts: Sequence[ClientFacts]) -> Known:
    """The recorded clients that these facts speak of; a double that was merged means the client that was kept."""
    ids = [fact.source_id for fact in facts if fact.source_id]
    names = [key_of(fact)[0] for fact in facts if not fact.source_id]
    by_id: dict[str, Client] = {}
    rows = Client.objects.select_related("category").order_by("pk")
    for start in range(0, len(ids), CHUNK):
        for client in rows.filter(source_id__in=ids[start : start + CHUNK]):
            by_id[str(client.source_id)] = client
    by_pk = {client.pk: client for client in by_id.values()}
    candidates: dict[tuple[str, str], list[Client]] = defaultdict(list)
    for start in range(0, len(names), CHUNK):
        for row in rows.filter(name_folded__in=names[start : start + CHUNK]):
            client = by_pk.setdefault(row.pk, row)  # one object a row, or the later write would undo the earlier
            for key in {_name_and_place(client.name, *place) for place in _places(client)}:
                candidates[key].append(client)
    kept_ones = sorted({client.merged_into_id for client in by_pk.values() if client.merged_into_id} - by_pk.keys())
    for start in range(0, len(kept_ones), CHUNK):
        by_pk |= {client.pk: client for client in rows.filter(pk__in=kept_ones[start : start + CHUNK])}
    found = Known()
    for identifier, client in by_id.items():
        _note(found, identifier, client, by_pk)
    for key, clients in candidates.items():
        own = [client for client in clients if client.merged_into_id is None]
        if own and (one := _the_one(own)):
            found.clients[key] = one
        elif not own and len({client.merged_into_id for client in clients}) == 1:
            _note(found, key, clients[0], by_pk)
    return found


def _note(found: Known, key: Key, client: Client, by_pk: Mapping[int, Client]) -> None:
    if client.merged_into_id is None:
        found.clients[key] = client
    else:
        found.clients[key] = by_pk[client.merged_into_id]
        found.doubles.add(key)


def _places(client: Client) -> list[tuple[str, str]]:
    """What may name this client's place: its postal code, its town; nothing only where it has neither."""
    named = [(client.postal_code, ""), ("", client.city)]
    return [place for place in named if any(place)] or [("", "")]


def _the_one(clients: Sequence[Client]) -> Client | None:
    """Whom a name and a place mean. A town alone that means several means the one without a postal code, or nobody."""
    if len({client.postal_code for client in clients}) == 1:
        return clients[0]
    bare = [client for client in clients if not client.postal_code]
    return bare[0] if len(bare) == 1 else None
