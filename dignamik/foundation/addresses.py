"""Where a request comes from."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

NOWHERE = "0.0.0.0"  # noqa: S104 (no address to listen on: what stands for none)


def client_ip(request: HttpRequest | None) -> str:
    """The caller's address. `X-Forwarded-For` counts only as far as our own proxies wrote it (`PROXY_COUNT`): what
    stands further left, or all of it without a proxy, is the caller's own invention."""
    if request is None:
        return NOWHERE
    seen = str(request.META.get("REMOTE_ADDR") or "")
    if settings.PROXY_COUNT:
        hops = str(request.META.get("HTTP_X_FORWARDED_FOR") or "").split(",")
        seen = hops[-settings.PROXY_COUNT].strip() if len(hops) >= settings.PROXY_COUNT else seen
    try:
        return str(ipaddress.ip_address(seen))
    except ValueError:
        return NOWHERE


def neighbourhood(ip: str) -> str:
    """What one caller is likely to hold whole: an IPv4 address, or the /64 around an IPv6 one."""
    address = ipaddress.ip_address(ip)
    return ip if address.version == 4 else str(ipaddress.ip_network((ip, 64), strict=False))
