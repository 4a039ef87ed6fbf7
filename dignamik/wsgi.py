"""The entry point of a production server: `gunicorn dignamik.wsgi`."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dignamik.settings")

application = get_wsgi_application()
