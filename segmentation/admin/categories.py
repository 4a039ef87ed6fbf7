"""The Django admin of types of business, for which clients are placed again at once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from clients.admin.categories import CategoryAdmin
from clients.models import Category
from segmentation.runs.refreshing import bring_up_to_date

admin.site.unregister(Category)


@admin.register(Category)
class PlacingCategoryAdmin(CategoryAdmin):
    """Type and sector are among what the model sees of a client."""

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:  # noqa: FBT001
        super().save_model(request, obj, form, change)
        bring_up_to_date(list(obj.clients.values_list("pk", flat=True)))
