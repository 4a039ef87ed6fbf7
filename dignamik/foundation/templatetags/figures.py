"""Template filters for figures and dates: « inconnu », muted, where nothing is known; never 0 nor a dash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import template
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext as looked_up

from dignamik.foundation import french

register = template.Library()


def _unknown() -> SafeString:
    return format_html('<span class="unknown">{}</span>', _("inconnu"))


UNKNOWN = lazy(_unknown, SafeString)()  # in the language of whoever reads it


def _shown(value: Any, written: Callable[[Any], str]) -> str | SafeString:
    return UNKNOWN if value is None or value == "" else written(value)


@register.filter
def known(value: Any) -> Any:
    """The value itself, or « inconnu »."""
    return UNKNOWN if value is None or value == "" else value


@register.filter
def count(value: Any) -> str:
    return _shown(value, french.grouped)


@register.filter
def decimal(value: Any, places: int = 2) -> str:
    return _shown(value, lambda number: french.grouped(number, places))


@register.filter
def signed(value: Any) -> str:
    return _shown(value, french.signed)


@register.filter
def euros(value: Any) -> str:
    return _shown(value, french.euros)


@register.filter
def exact_euros(value: Any) -> str:
    return _shown(value, french.exact_euros)


@register.filter
def percent(value: Any) -> str:
    return _shown(value, french.percent)


@register.filter
def in_unit(value: Any, unit: str) -> str:
    return _shown(value, lambda number: french.in_unit(number, unit))


@register.filter
def day(value: Any) -> str:
    return _shown(value, french.day)


@register.filter
def short_day(value: Any) -> str:
    return _shown(value, french.short_day)


@register.filter
def moment(value: Any) -> str:
    return _shown(value, french.moment)


@register.filter
def noun(value: int, words: str) -> str:
    """`{{ 3|noun:"client,clients" }}` → "clients". Zero is singular in French, plural in English."""
    # Lazy words come translated; a pair that the catalogue does not have stays as it is.
    singular, plural = looked_up(str(words)).split(",")
    several = abs(value) != 1 if french.is_english() else abs(value) >= 2
    return plural if several else singular


@register.filter
def quoted(value: Any) -> SafeString:
    """Somebody's own words, in the marks of the reader's language."""
    marks = "“{}”" if french.is_english() else "«&nbsp;{}&nbsp;»"
    return format_html(marks, value)


@register.filter
def person(user: Any) -> str:
    """A user as colleagues call them."""
    return _shown(user, lambda someone: someone.get_full_name() or someone.get_username())


@register.simple_tag
def bar(share: Any, css: str = "") -> SafeString:
    """A bar of `share` (0 to 1) of its width. Decoration: the figure stands beside it in words."""
    if share is None:
        return mark_safe("")
    width = f"{max(0.0, min(1.0, float(share))) * 100:.1f}"
    return format_html(
        '<svg class="bar {}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="bar-track" width="100" height="8"/><rect class="bar-fill" width="{}" height="8"/></svg>',
        css,
        width,
    )
