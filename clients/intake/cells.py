"""Single cells, as French spreadsheets and databases write them, to values: understood, unknown (None) or refused.

Nothing is guessed: `1.234` may be one or a thousand, so it is refused and the person decides.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from clients.models import LARGEST_AMOUNT, Client
from clients.places import fold, repair_postal_code

UNKNOWN = frozenset({"", "-", "--", "—", "–", "n/c", "nc", "n.c.", "n/a", "n.a.", "nd", "n.d.", "n/d", "nr", "inconnu",
                     "inconnue", "non communique", "non renseigne", "?", "unknown", "null", "none"})  # fmt: skip
NO_ACCOUNT = frozenset({"aucun", "aucun compte", "pas de compte", "sans compte", "no account"})
YES = frozenset({"oui", "o", "yes", "y", "vrai", "true", "x", "1"})
NO = frozenset({"non", "n", "no", "faux", "false", "0", "aucun", "sans"})
STATUSES = {
    "actif": "active", "active": "active", "client actif": "active",
    "inactif": "inactive", "inactive": "inactive",
    "prospect": "prospect", "prospects": "prospect",
    "perdu": "lost", "perdue": "lost", "lost": "lost", "churned": "lost", "client perdu": "lost",
}  # fmt: skip
LARGEST_COUNT = 2_147_483_647
# Excel counts days from 1900; outside these a bare number is no plausible date (1927 to 2119).
FIRST_SERIAL, LAST_SERIAL = 10_000, 80_000
FIRST_YEAR, LAST_YEAR = 1900, 2100

_SPACES = re.compile(r"[\s\u00a0\u202f\u2007\u2009\u2060]+")
# What our own exports put before a text that a spreadsheet would run.
_GUARDED = re.compile(r"'\s*[=+\-@＝＋－＠]")
_EURO = re.compile(r"\s*(?:€|eur|euros?)$", re.IGNORECASE)
_SCALE = re.compile(r"^(?P<number>.*[0-9])\s*(?P<scale>[kKM])$")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?: [0-9]{3})+(?:,[0-9]+)?")
_PLAIN = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
_DOTTED = re.compile(r"[+-]?[0-9]{1,3}(?:(?:\.[0-9]{3})+,[0-9]+|(?:\.[0-9]{3}){2,})")
_ENGLISH = re.compile(r"[+-]?[0-9]{1,3}(?:(?:,[0-9]{3})+\.[0-9]+|(?:,[0-9]{3}){2,})")
_AMBIGUOUS = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_FRENCH_DATE = re.compile(r"(?P<day>[0-9]{1,2})[/.-](?P<month>[0-9]{1,2})[/.-](?P<year>[0-9]{4})(?:[ T][0-9:.]+)?")
_ISO_DATE = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})(?:[ T][0-9:.]+(?:Z|[+-][0-9:]+)?)?"
)
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_EXCEL_ERROR = re.compile(r"#(?:N/A|REF!|VALEUR!|VALUE!|DIV/0!|NOM\?|NAME\?|NOMBRE!|NUM!|NUL!|NULL!)", re.IGNORECASE)


@dataclass(frozen=True)
class Broken:
    """A cell that the file itself marks as having no value: a formula that was never calculated."""

    shown: str
    reason: str

    def __str__(self) -> str:
        return self.shown


Cell = str | int | float | Decimal | bool | datetime | date | time | timedelta | Broken | None


class Unusable(ValueError):
    """A cell that can't be taken; the message is the French reason, with what to do."""


def shown(cell: Cell) -> str:
    """The cell as a person finds it in the file, at most 100 characters."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return f"{cell:%d/%m/%Y}"
    return "" if cell is None else str(cell)[:100]


def words(cell: Cell, *, longest: int) -> str | None:
    """Text with single spaces; None where the cell says that it doesn't know."""
    if isinstance(cell, Broken):
        raise Unusable(cell.reason)
    text = _SPACES.sub(" ", shown(cell) if not isinstance(cell, str) else cell).strip()
    if _GUARDED.match(text):
        text = text[1:]
    if text.casefold() in UNKNOWN or fold(text) in UNKNOWN:
        return None
    if _EXCEL_ERROR.fullmatch(text):
        raise Unusable("Cette cellule contient une erreur d’Excel : corrigez la formule ou videz la cellule.")
    if _CONTROL.search(text):
        raise Unusable("Ce texte contient un caractère de contrôle invisible : retapez-le.")
    if len(text) > longest:
        raise Unusable(f"Ce texte est trop long ({len(text)} caractères) : {longest} au plus.")
    return text


def number(cell: Cell) -> Decimal | None:
    """A French or plainly English number. Refuses what has two readings, exponents, NaN and other scripts' digits."""
    if isinstance(cell, bool | datetime | date | time | timedelta):
        raise Unusable("Ce n’est pas un nombre.")
    if isinstance(cell, int | float | Decimal):
        if not math.isfinite(cell):
            raise Unusable("Ce n’est pas un nombre utilisable.")
        return cell if isinstance(cell, Decimal) else Decimal(repr(cell))
    text = words(cell, longest=60)
    if text is None:
        return None
    bare = _EURO.sub("", text.replace("−", "-"))
    scale = 1
    if found := _SCALE.match(bare):
        bare, scale = found["number"], 1_000_000 if found["scale"] == "M" else 1_000
    if _AMBIGUOUS.fullmatch(bare) and scale == 1:
        whole, _, rest = bare.replace(".", ",").partition(",")
        raise Unusable(f"Nombre ambigu : écrivez « {whole}{rest} » ou « {whole},{rest[:2]} ».")
    if _GROUPED.fullmatch(bare) or _PLAIN.fullmatch(bare):
        bare = bare.replace(" ", "").replace(",", ".")
    elif _DOTTED.fullmatch(bare):
        bare = bare.replace(".", "").replace(",", ".")
    elif _ENGLISH.fullmatch(bare):
        bare = bare.replace(",", "")
    else:
        raise Unusable("Ce n’est pas un nombre : écrivez par exemple « 12 500,50 », ou laissez vide.")
    return Decimal(bare) * scale


def amount(cell: Cell) -> Decimal | None:
    """Euros, to the cent. Negative ones exist (credit notes)."""
    value = number(cell)
    if value is None:
        return None
    if abs(value) > LARGEST_AMOUNT:
        raise Unusable("Ce montant dépasse cent milliards d’euros : vérifiez-le.")
    return value.quantize(Decimal("0.01"))


def count(cell: Cell) -> int | None:
    """A number of followers: whole and not negative."""
    value = number(cell)
    if value is None:
        return None
    if value < 0:
        raise Unusable("Un nombre d’abonnés ne peut pas être négatif : corrigez-le, ou laissez vide.")
    if value != value.to_integral_value():
        raise Unusable("Un nombre d’abonnés est un nombre entier.")
    if value > LARGEST_COUNT:
        raise Unusable("Ce nombre d’abonnés est trop grand : vérifiez-le.")
    return int(value)


def says_no_account(cell: Cell) -> bool:
    return isinstance(cell, str) and fold(cell) in NO_ACCOUNT


def degrees(cell: Cell) -> float | None:
    """A coordinate; a comma or a dot before the decimals, which are many, so that nothing is ambiguous here."""
    if isinstance(cell, str) and _PLAIN.fullmatch(cell.strip().replace("−", "-")):
        return float(cell.strip().replace("−", "-").replace(",", "."))
    try:
        value = number(cell)
    except Unusable:
        if isinstance(cell, Broken):
            raise
        raise Unusable("Ce n’est pas une coordonnée : écrivez des degrés, par exemple « 47,478419 ».") from None
    return None if value is None else float(value)


def day(cell: Cell, *, dates_from_1904: bool = False) -> date | None:
    """A date: day first, ISO, a real Excel date, or the serial number that Excel leaves behind."""
    if isinstance(cell, datetime):
        return _plausible(cell.date())
    if isinstance(cell, date):
        return _plausible(cell)
    if isinstance(cell, bool | time | timedelta):
        raise Unusable("Ce n’est pas une date.")
    if isinstance(cell, int | float):
        return _from_serial(float(cell), dates_from_1904=dates_from_1904)
    text = words(cell, longest=60)
    if text is None:
        return None
    if re.fullmatch("[0-9]{5}", text):
        return _from_serial(float(text), dates_from_1904=dates_from_1904)
    if _SHORT_YEAR.fullmatch(text):
        raise Unusable("Année sur deux chiffres : écrivez la date avec quatre, par exemple « 31/12/2024 ».")
    found = _FRENCH_DATE.fullmatch(text) or _ISO_DATE.fullmatch(text)
    if found is None:
        raise Unusable("Ce n’est pas une date : écrivez-la jour/mois/année, par exemple « 31/12/2024 ».")
    try:
        written = date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        raise Unusable("Cette date n’existe pas dans le calendrier : corrigez le jour ou le mois.") from None
    return _plausible(written)


def _from_serial(serial: float, *, dates_from_1904: bool) -> date:
    if not FIRST_SERIAL <= serial <= LAST_SERIAL:
        raise Unusable("Ce n’est pas une date : écrivez-la jour/mois/année, par exemple « 31/12/2024 ».")
    found: datetime = from_excel(serial, CALENDAR_MAC_1904 if dates_from_1904 else CALENDAR_WINDOWS_1900)
    return _plausible(found.date())


def _plausible(value: date) -> date:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise Unusable(f"L’année {value.year} n’est pas plausible : vérifiez la date.")
    return value


def postal_code(cell: Cell) -> str | None:
    """Five digits; the zero that spreadsheets drop is put back."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        code = repair_postal_code(cell)
    else:
        text = words(cell, longest=60)
        if text is None:
            return None
        code = repair_postal_code(text)
    if code is None:
        raise Unusable("Ce n’est pas un code postal français : cinq chiffres, par exemple « 49000 ».")
    return code


def status(cell: Cell) -> str | None:
    text = words(cell, longest=60)
    if text is None:
        return None
    if fold(text) not in STATUSES:
        labels = ", ".join(f"« {label} »" for label in Client.Status.labels)
        raise Unusable(f"Statut inconnu : écrivez {labels}.")
    return STATUSES[fold(text)]


def email(cell: Cell) -> str | None:
    text = words(cell, longest=254)
    if text is None:
        return None
    try:
        validate_email(text)
    except ValidationError:
        raise Unusable("Ce n’est pas une adresse e-mail : corrigez-la, ou laissez vide.") from None
    return text


def phone(cell: Cell) -> str | None:
    """As written, except the leading zero that a spreadsheet dropped from a French number."""
    text = words(cell, longest=40)
    return f"0{text}" if text is not None and re.fullmatch("[1-9][0-9]{8}", text) else text


def yes_or_no(cell: Cell) -> bool | None:
    if isinstance(cell, bool):
        return cell
    text = words(cell, longest=20)
    if text is None:
        return None
    if fold(text) in YES:
        return True
    if fold(text) in NO:
        return False
    raise Unusable("Écrivez « oui » ou « non », ou laissez vide.")
