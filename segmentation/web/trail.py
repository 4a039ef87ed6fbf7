"""The client before and the client after, in the list that somebody came from: `?in=` carries its query string.

It is read by the strict filter over the reader's own clients, so it opens nothing; what it does not understand leads
nowhere, and the page is as without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from clients.models import Client
from clients.querysets import ClientQuerySet
from clients.web.tables import origin
from segmentation.filters import PortfolioFilter

LONGEST = 1500
"""Characters: more than a person filters by, and fewer fields than Django refuses."""


@dataclass(frozen=True)
class Trail:
    """The list, how long it is, and the neighbours in it ("" where it ends).

    `position` None: the client has left the list, for instance because it was called; what follows is its first.
    """

    url: str
    count: int
    position: int | None
    previous: str
    next: str


def trail(request: HttpRequest, client: Client, scope: ClientQuerySet) -> Trail | None:
    """None where the address names no list, or not one that the filters understand. One query."""
    text = request.GET.get("in")
    if text is None or len(text) > LONGEST:
        return None
    query = QueryDict(origin(QueryDict(text))["in"])
    filterset = PortfolioFilter(query, queryset=scope, request=request)
    if not filterset.is_valid():
        return None
    pks = list(filterset.qs.values_list("pk", flat=True))
    at = pks.index(client.pk) if client.pk in pks else None
    before = pks[at - 1] if at else None
    following = pks[0 if at is None else at + 1 :][:1]
    asked = query.urlencode()
    return Trail(
        url=f"{reverse('clients')}?{asked}" if asked else reverse("clients"),
        count=len(pks),
        position=None if at is None else at + 1,
        previous=_page(before, query) if before else "",
        next=_page(following[0], query) if following else "",
    )


def _page(pk: int, query: QueryDict) -> str:
    return f"{reverse('client', args=[pk])}?{urlencode(origin(query))}"
