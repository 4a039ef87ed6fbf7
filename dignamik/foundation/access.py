"""One line of the log a request: what was asked for, never with which words."""

from __future__ import annotations

import logging

from django.http import HttpRequest

from dignamik.foundation.calls import known_user

log = logging.getLogger("dignamik.access")
NOWHERE = "-"
QUIET = ("/static/", "/healthz", "/readyz")


def tell(request: HttpRequest, status: int, seconds: float) -> None:
    """Write the line. The route has a name; the address itself may hold what somebody searched for."""
    if request.path_info.startswith(QUIET):
        return
    user, route = known_user(request), request.resolver_match
    said = {
        "method": request.method if str(request.method).isalpha() else NOWHERE,
        "route": route.view_name if route else NOWHERE,
        "status": status,
        "milliseconds": round(seconds * 1000),
        "user": user.pk if user else None,
    }
    log.info("%s %s %s", said["method"], said["route"], said["status"], extra={"said": said})
