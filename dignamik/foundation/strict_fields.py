"""Numbers and texts as JSON has them: what Python would also read as one is refused."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class WholeNumber(serializers.IntegerField):
    """A JSON integer, which 3.0 is too; `int()` would also read "1_000", "١٢" and true."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, float) and data.is_integer():
            data = int(data)
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class Amount(serializers.DecimalField):
    """A JSON number, or digits as text; `Decimal()` would also read "1_000" and "١٢"."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and (not data.isascii() or "_" in data):
            self.fail("invalid")
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """A JSON string; REST framework would also take a number for one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class YesNo(serializers.BooleanField):
    """A JSON boolean; REST framework would also read "on", 1 and "t"."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Degrees(serializers.FloatField):
    """A JSON number; `float()` would also read "1_0" and true."""

    def to_internal_value(self, data: Any) -> float:
        if not isinstance(data, (int, float)) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)
