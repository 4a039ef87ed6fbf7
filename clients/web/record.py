"""What a client's page says of the book of record, put the way people read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from clients.models import Client, Followers


@dataclass(frozen=True)
class NetworkReading:
    """One network: its latest known count, else what is known instead."""

    label: str
    count: int | None
    measured_on: date | None
    has_account: bool | None


def latest_readings(client: Client) -> list[NetworkReading]:
    """Every network in its order; those never read stay unknown."""
    found: dict[str, list[Followers]] = {}
    for reading in sorted(client.readings.all(), key=lambda reading: reading.measured_on, reverse=True):
        found.setdefault(reading.platform, []).append(reading)
    return [_latest(label, found.get(value, [])) for value, label in Followers.Platform.choices]


def _latest(label: str, readings: list[Followers]) -> NetworkReading:
    """`readings` latest first. What counts is the latest count or "no account", as in the client's total."""
    counted = next((item for item in readings if item.count is not None or item.has_account is False), None)
    account = next((item.has_account for item in readings if item.has_account is not None), None)
    latest = counted or next(iter(readings), None)
    return NetworkReading(
        label=label,
        count=counted.count if counted else None,
        measured_on=latest.measured_on if latest else None,
        has_account=account,
    )


def safe_link(address: str) -> str:
    """An address that may stand behind a link: http or https only ("" otherwise), whatever the source wrote."""
    text = address.strip()
    if text and "://" not in text and "." in text and ":" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return text if parts.scheme in {"http", "https"} and parts.netloc else ""
