"""django-leaflet beside the Django admin, on machines without GDAL."""

from __future__ import annotations

import sys
import types

from leaflet.apps import LeafletConfig


class LeafletWithoutGdal(LeafletConfig):
    """The app of django-leaflet, listed before the admin.

    The admin's autodiscover imports `leaflet.admin`, which needs GeoDjango and so GDAL (100 MB of system packages) for
    geometry widgets that we don't use; without GDAL it stops the whole site (makinacorpus/django-leaflet issue 299),
    and looking for it costs half a second at each start. An empty module takes its place.
    """

    def ready(self) -> None:
        super().ready()
        sys.modules.setdefault("leaflet.admin", types.ModuleType("leaflet.admin"))
