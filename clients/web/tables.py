"""How a client is drawn in a row. Segments are added by `segmentation.web.tables`."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

import django_tables2 as tables
from django.http import QueryDict
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from clients.models import Client
from dignamik.foundation import french
from dignamik.foundation.filtering import LIST_PARAMETERS
from dignamik.foundation.templatetags.figures import UNKNOWN

NUMBER = {"td": {"class": "number"}, "th": {"class": "number"}}
# What a row shows and nothing else, so that a page of clients fetches no notes and no histories.
ROW_FIELDS = (
    "name",
    "status",
    "city",
    "department",
    "followers",
    "turnover",
    "turnover_year",
    "next_follow_up",
    "account_manager_name",
    "sector",
    "client_since",
    "category__name",
    "account_manager__username",
    "account_manager__first_name",
    "account_manager__last_name",
)


def no_follow_up() -> SafeString:
    return format_html('<span class="quiet">{}</span>', _("aucune"))


class ClientTable(tables.Table):
    """Columns are named like the filter set's orderings: such a column gets a link that sorts."""

    name = tables.Column(verbose_name="Client", attrs={"td": {"class": "who"}})
    category = tables.Column(verbose_name=_("Type d’entreprise"), accessor="category__name", default=UNKNOWN)
    city = tables.Column(verbose_name=_("Ville"), empty_values=())
    followers = tables.Column(verbose_name=_("Abonnés"), attrs=NUMBER, default=UNKNOWN)
    turnover = tables.Column(verbose_name=_("CA (€)"), attrs=NUMBER, default=UNKNOWN)
    status = tables.Column(verbose_name=_("Statut"))
    follow_up = tables.Column(verbose_name=_("Relance"), accessor="next_follow_up", default=no_follow_up)
    manager = tables.Column(verbose_name=_("Chargé·e de compte"), empty_values=(), accessor="account_manager_name")

    sector = tables.Column(verbose_name=_("Secteur"), default=UNKNOWN)
    client_since = tables.Column(verbose_name=_("Client depuis"), default=UNKNOWN)

    class Meta:
        attrs = {"aria-label": "Clients"}
        row_attrs = {"data-pk": lambda record: str(record.pk)}

    def render_name(self, record: Client) -> SafeString:
        """Leads to the client's page, which then knows the list that one came from."""
        where = urlencode(origin(self.request.GET)) if self.request else ""
        return format_html('<a href="{}?{}">{}</a>', record.get_absolute_url(), where, record.name)

    def render_city(self, record: Client) -> SafeString:
        if not record.city:
            return UNKNOWN
        return format_html('{} <span class="quiet">({})</span>', record.city, record.department or "?")

    def render_followers(self, value: int) -> str:
        return french.grouped(value)

    def render_turnover(self, value: Any, record: Client) -> SafeString:
        return format_html('{} <span class="quiet">{}</span>', french.grouped(value), str(record.turnover_year))

    def render_client_since(self, value: date) -> str:
        return french.short_day(value)

    def render_follow_up(self, value: date) -> SafeString | str:
        text = french.short_day(value)
        return format_html("<strong>{}</strong>", text) if value <= timezone.localdate() else text

    def render_manager(self, record: Client) -> SafeString | str:
        return manager_of(record)


def manager_of(client: Client) -> SafeString | str:
    """Who looks after a client: a user, else what the source says, to be attached."""
    if client.account_manager is not None:
        return client.account_manager.get_full_name() or client.account_manager.get_username()
    if client.account_manager_name:
        return format_html('{} <span class="quiet">{}</span>', client.account_manager_name, _("à rattacher"))
    return format_html('<span class="unknown">{}</span>', _("personne"))


def origin(query: QueryDict) -> dict[str, str]:
    """The parameter that tells a client's page which list one came from, whatever page of it."""
    asked = query.copy()
    for name in LIST_PARAMETERS:
        asked.pop(name, None)
    return {"in": asked.urlencode()}
