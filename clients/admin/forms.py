"""Forms of the admin: every truth that the database would refuse is said first, beside the field.

Model and fields are those of the admin that uses the form.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as looked_up
from django.utils.translation import gettext_lazy as _

from clients.admin.seen import SeenForm
from clients.facts import ClientFacts
from clients.models import FIRST_YEAR, LARGEST_AMOUNT, LAST_YEAR, Category
from clients.places import check_coordinates, fold, repair_postal_code
from clients.tombstones import TurnedAway, refuse_erased

MOST_FOLLOWERS = 2**31 - 1


class ClientForm(SeenForm):
    def clean_name(self) -> str:
        return " ".join(str(self.cleaned_data["name"]).split())

    def clean_postal_code(self) -> str:
        written = str(self.cleaned_data["postal_code"])
        code = repair_postal_code(written) if written else ""
        if code is None:
            raise ValidationError(_("Ce code postal n’est pas français : cinq chiffres sont attendus."))
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._refuse_erased(cleaned)
        latitude, longitude = cleaned.get("latitude"), cleaned.get("longitude")
        if {"latitude", "longitude"} & set(self.errors) or (latitude is None and longitude is None):
            return cleaned
        found = check_coordinates(latitude, longitude)
        if not found.valid:
            self.add_error("latitude", looked_up(found.sentence))
        return cleaned

    def _refuse_erased(self, cleaned: dict[str, Any]) -> None:
        """Somebody new who was erased before is not entered again."""
        if self.instance.pk is not None or not cleaned.get("name"):
            return
        who = {name: cleaned.get(name) or "" for name in ("name", "postal_code", "city")}
        try:
            refuse_erased([ClientFacts(cleaned.get("source_id") or None, who)])
        except TurnedAway as refusal:
            self.add_error("name", str(refusal))


class CategoryForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        for other in Category.objects.exclude(pk=self.instance.pk):
            if fold(other.name) == fold(name):
                raise ValidationError(_("« %(name)s » existe déjà.") % {"name": other.name})
        return name

    def clean_sector(self) -> str:
        return " ".join(str(self.cleaned_data["sector"]).split())


class DistinctRows(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """Says of two rows that contradict each other which columns they share, by the columns' names; deletes no row that
    somebody changed after its reader saw it."""

    def clean(self) -> None:
        super().clean()
        own: Any = self
        going = [form for form in own.initial_forms if own._should_delete_form(form)]
        reasons = [said for said in (form.refuse_deleting() for form in going) if said]
        if reasons:
            raise ValidationError(reasons)

    def get_unique_error_message(self, unique_check: Any) -> str:
        known: Any = self.model
        fields = [known._meta.get_field(name) for name in unique_check if name != self.fk.name]
        names = ", ".join(str(getattr(field, "verbose_name", field.name)) for field in fields)
        return _("Deux lignes ont la même valeur (%(names)s) : gardez-en une.") % {"names": names}


class ReadingForm(SeenForm):
    def clean_count(self) -> int | None:
        count: int | None = self.cleaned_data["count"]
        if count is not None and count > MOST_FOLLOWERS:
            raise ValidationError(_("Ce nombre d’abonnés n’est pas plausible."))
        return count

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        count, has_account = cleaned.get("count"), cleaned.get("has_account")
        if count is None and has_account is None and "count" not in self.errors:
            self.add_error("count", _("Donnez un nombre d’abonnés, ou dites si le client a un compte."))
        if has_account is False and count:
            self.add_error("has_account", _("Un client sans compte n’a pas d’abonnés."))
        return cleaned


class TurnoverForm(SeenForm):
    def clean_year(self) -> int:
        year: int = self.cleaned_data["year"]
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise ValidationError(
                _("L’année va de %(first)s à %(last)s."), params={"first": FIRST_YEAR, "last": LAST_YEAR}
            )
        return year

    def clean_amount(self) -> Any:
        amount = self.cleaned_data["amount"]
        if abs(amount) > LARGEST_AMOUNT:
            raise ValidationError(_("Ce montant n’est pas plausible : il dépasse cent milliards d’euros."))
        return amount
