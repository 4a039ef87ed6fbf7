"""What a page, a fragment or an export says, read back: the words of the tests of pages."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpResponseBase
from django.test import Client as Browser
from openpyxl import load_workbook


def signed_in(user: User) -> Browser:
    """A browser in which this person has signed in."""
    browser = Browser()
    browser.force_login(user)
    return browser


def body(response: HttpResponseBase) -> str:
    """The text of an answer, streamed or not."""
    raw = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return str(raw.decode("utf-8-sig"))


def ids_on_page(html: str) -> list[int]:
    """The clients of the rows, in their order."""
    return [int(pk) for pk in re.findall(r'<tr data-pk="(\d+)"', html)]


def ids_on_pages(browser: Browser, query: str) -> list[int]:
    """Of all pages, in their order."""
    found: list[int] = []
    page = 1
    while True:
        html = body(browser.get(f"/clients/?{query}&page_size=7&page={page}"))
        found += ids_on_page(html)
        if 'rel="next"' not in html:
            return found
        page += 1


def exported(browser: Browser, query: str, wanted: str = "csv") -> list[dict[str, Any]]:
    """The rows of an export, heading → cell."""
    response = browser.get(f"/clients/?{query}&export={wanted}")
    assert response.status_code == 200
    if wanted == "csv":
        return list(csv.DictReader(io.StringIO(body(response), newline=""), delimiter=";"))
    raw = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    sheet = load_workbook(io.BytesIO(raw)).active
    assert sheet is not None
    headings, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, headings), row, strict=True)) for row in rows]
