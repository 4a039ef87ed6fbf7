"""The door: a login page that also works when a session ends in the middle of an htmx request."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse


class Login(LoginView):
    redirect_authenticated_user = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().get(request, *args, **kwargs)
        if request.headers.get("HX-Request") == "true":
            # Its list would show this form in place of the rows: load the whole page instead, which comes back here.
            response.headers["HX-Refresh"] = "true"
        return response
