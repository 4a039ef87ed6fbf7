"""Types of business: renaming one or moving it to another sector reaches its clients."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from clients import recording
from clients.admin.forms import CategoryForm
from clients.models import Category
from clients.places import fold
from dignamik.foundation.administration import HistoryAdmin


@admin.register(Category)
class CategoryAdmin(HistoryAdmin):
    form = CategoryForm
    list_display = ("name", "sector", "how_many")
    list_filter = ("sector",)
    ordering = ("name",)  # grouping drops the model's own
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        categories: QuerySet[Category] = super().get_queryset(request)
        return categories.annotate(how_many=Count("clients"))

    @admin.display(description="clients", ordering="how_many")
    def how_many(self, category: Any) -> int:
        return int(category.how_many)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Category], search_term: str
    ) -> tuple[QuerySet[Category], bool]:
        """Without case and accents; there are dozens of categories, so Python may compare."""
        words = fold(search_term).split()
        found = [pk for pk, name in queryset.values_list("pk", "name") if all(word in fold(name) for word in words)]
        return queryset.filter(pk__in=found), False

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:  # noqa: FBT001
        super().save_model(request, obj, form, change)
        if form.changed_data:
            recording.category_changed(obj)
