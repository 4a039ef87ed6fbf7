"""What a password may not be, besides what Django already refuses."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from dignamik.foundation.auditing import Kind, note

HOUSE = "dignamik"
FEWEST = 8


class NotTheHouse:
    """Refuses the product's name with a year and an exclamation mark: the first guess of whoever knows the house."""

    def validate(self, password: str, user: Any = None) -> None:
        folded = password.casefold()
        if HOUSE in folded and len(folded.replace(HOUSE, "")) < FEWEST:
            raise ValidationError(self.get_help_text(), code="password_is_the_house")

    def password_changed(self, password: str, user: Any = None) -> None:
        """Django calls this after any new password was saved, whichever page, form or command saved it."""
        if user is not None and user.pk is not None:
            note(Kind.PASSWORD, about=user)

    def get_help_text(self) -> str:
        return _("Votre mot de passe ne peut pas être « %(house)s » avec quelques caractères de plus.") % {
            "house": HOUSE
        }
