"""The queue of advice under the filters of the portfolio: what is to be decided, or what was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Client, HeldService
from clients.querysets import ClientQuerySet
from segmentation.advice.advising import Playbook, advices, queue
from segmentation.filters import PortfolioFilter
from segmentation.models import Decision, Play, Run

TO_DECIDE = "todo"
UNSAID = "none"  # ?outcome=none: done, and nobody said what came of it
LONGEST_ID = 18  # digits; a longer number is no key of a 64-bit column
KINDS = (Decision.Kind.PLANNED, Decision.Kind.SNOOZED, Decision.Kind.REFUSED, Decision.Kind.DONE)
# What of a client a line shows.
SHOWN = ("name", "city", "department", "phone", "account_manager_name", "account_manager__username",
         "account_manager__first_name", "account_manager__last_name")  # fmt: skip


def known_play(value: str) -> None:
    is_key = value.isascii() and value.isdecimal() and len(value) <= LONGEST_ID
    if value and not (is_key and Play.objects.filter(pk=value).exists()):
        raise ValidationError(_("Cette action n’existe pas."))


class AdviceFilter(PortfolioFilter):
    """The clients of the portfolio, and which of the advice for them. `qs` is the clients; `Queue` reads the rest."""

    play = django_filters.CharFilter(
        label=gettext_lazy("Action"), method="of_advice", validators=[known_play], max_length=18
    )
    service = django_filters.ChoiceFilter(label="Service", method="of_advice", choices=HeldService.Service.choices)
    goal = django_filters.ChoiceFilter(label=gettext_lazy("Objectif"), method="of_advice", choices=Play.Goal.choices)
    decision = django_filters.ChoiceFilter(
        label=gettext_lazy("Suivi"),
        method="of_advice",
        choices=[(TO_DECIDE, gettext_lazy("à décider")), *((kind.value, kind.label) for kind in KINDS)],
    )
    due = django_filters.ChoiceFilter(
        label=gettext_lazy("Échéance"),
        method="of_advice",
        choices=[
            ("today", gettext_lazy("aujourd’hui ou en retard")),
            ("later", gettext_lazy("à venir")),
            ("none", gettext_lazy("sans date")),
        ],
    )
    outcome = django_filters.ChoiceFilter(
        label=gettext_lazy("Issue"),
        method="of_advice",
        choices=[*Decision.Outcome.choices, (UNSAID, gettext_lazy("non notée"))],
    )

    def of_advice(self, queryset: QuerySet[Client], name: str, value: str) -> QuerySet[Client]:
        """No matter of the client."""
        return queryset

    def said(self, name: str) -> str:
        """What the query string says of one filter; "" for nothing. Of a valid set only."""
        return str(self.form.cleaned_data.get(name) or "")

    def sorted_by(self) -> list[str]:
        """The columns of the clients to sort by, as `queue` takes them."""
        ordering = self.filters["ordering"]
        return [ordering.get_ordering_value(name) for name in self.form.cleaned_data.get("ordering") or ()]


@dataclass(frozen=True)
class Line:
    """One piece of advice for one client, with the decision in force where there is one."""

    client: Client
    play: Play
    reason: str
    decision: Decision | None = None


@dataclass(frozen=True)
class Queue:
    """The lines that a valid filter set asks for, from the run that its reader sees."""

    filterset: AdviceFilter
    playbook: Playbook

    @classmethod
    def of(cls, filterset: AdviceFilter, run: Run | None, *, quoted: bool) -> Queue:
        return cls(filterset, Playbook.of(run, plays=_plays(filterset), quoted=quoted))

    @property
    def wanted(self) -> str:
        """Which lines: to decide, or of one kind of decision."""
        return self.filterset.said("decision") or TO_DECIDE

    def rows(self, wanted: str = "") -> QuerySet[Any, Any]:
        """To count and to slice; `lines` reads them."""
        if (wanted or self.wanted) == TO_DECIDE:
            proposed = queue(self.playbook, self.clients, self.filterset.sorted_by())
            # What is not decided yet has no day and no outcome.
            return proposed.none() if self.filterset.said("due") or self.filterset.said("outcome") else proposed
        return self._decisions().filter(kind=wanted or self.wanted).order_by(*self._order(wanted or self.wanted))

    def lines(self, rows: Iterable[Any]) -> list[Line]:
        """Rows with what people read of them; the same number of queries for one row and for two hundred."""
        rows = list(rows)
        if rows and isinstance(rows[0], Decision):
            clients = _shown(row.client_id for row in rows)
            return [Line(clients[row.client_id], row.play, row.shown_reason, row) for row in rows]
        clients = _shown(row[2] for row in rows)
        found = advices(self.playbook, rows)
        return [Line(clients[item.client], item.play, item.reason) for item in found if item.client in clients]

    def counts(self, *, listed: int) -> dict[str, int]:
        """How many lines of each kind these filters leave; `listed` is what is known of the kind at hand."""
        kinds = dict(self._decisions().order_by().values_list("kind").annotate(lines=Count("pk")))
        to_decide = listed if self.wanted == TO_DECIDE else self.rows(TO_DECIDE).count()
        return {**dict.fromkeys(KINDS, 0), **kinds, TO_DECIDE: to_decide}

    @property
    def clients(self) -> ClientQuerySet:
        """Those that the filters leave."""
        found: Any = self.filterset.qs
        return found  # type: ignore[no-any-return]

    def _decisions(self) -> QuerySet[Decision]:
        """Decisions in force for these clients. Who may not be contacted, or profiled, is in no list of calls."""
        mine = self.clients.profiled().order_by().filter(do_not_contact=False).values("pk")
        found = Decision.objects.in_force(timezone.localdate()).filter(client__in=mine, play__in=_plays(self.filterset))
        return found.filter(*self._decided_so()).select_related("play__segment", "by")

    def _decided_so(self) -> Iterable[Q]:
        """What the filters ask of the decisions themselves."""
        due, outcome, today = self.filterset.said("due"), self.filterset.said("outcome"), timezone.localdate()
        if due:
            yield {"today": Q(until__lte=today), "later": Q(until__gt=today), "none": Q(until=None)}[due]
        if outcome:
            yield Q(kind=Decision.Kind.DONE, outcome="" if outcome == UNSAID else outcome)

    def _order(self, wanted: str) -> Sequence[Any]:
        """As asked; else what is due first, or what was decided last."""
        terms: list[Any] = []
        for name in self.filterset.sorted_by():
            column = self.clients.order_by().filter(pk=OuterRef("client"))
            term = Subquery(column.values(name.lstrip("-"))[:1])
            terms.append(term.desc(nulls_last=True) if name.startswith("-") else term.asc(nulls_last=True))
        if terms:
            return [*terms, "client", "-pk"]
        due = [F("until").asc(nulls_last=True)] if wanted in {Decision.Kind.PLANNED, Decision.Kind.SNOOZED} else []
        return [*due, "-pk"]


def _plays(filterset: AdviceFilter) -> QuerySet[Play]:
    wanted = {"pk": filterset.said("play"), "service": filterset.said("service"), "goal": filterset.said("goal")}
    return Play.objects.filter(**{name: value for name, value in wanted.items() if value})


def _shown(pks: Iterable[int]) -> dict[int, Client]:
    return Client.objects.select_related("account_manager").only(*SHOWN).in_bulk(set(pks))
