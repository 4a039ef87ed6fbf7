"""Types of business, with their sector."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clients.models import Category
from dignamik.foundation.resources import Resource


class CategoryRow(serializers.Serializer[Any]):
    """Un type d’entreprise."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    sector = serializers.CharField()


class Categories(Resource):
    permission_required = ("clients.view_category",)
    queryset = Category.objects.all()
    row_class = CategoryRow

    def list(self, request: Request) -> Response:
        """Types d’entreprise et leur secteur."""
        page = self.paginate_queryset(self.get_queryset().values("id", "name", "sector"))
        return self.get_paginated_response(list(page or ()))
