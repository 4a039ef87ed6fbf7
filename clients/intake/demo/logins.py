"""The accounts of the demonstration, one a role and one a portfolio, and the table that tells them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from clients.intake.demo.portfolio import MANAGERS
from clients.intake.errors import IntakeError
from dignamik.foundation import roles

# How demo accounts are known again; the domain can't exist.
DOMAIN = "@demo.dignamik.example"
LOGINS_FILE = "demo_logins.txt"
# Without 0/o, 1/l/i: people type these from a screen. 16 of 30 letters are 78 bits.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Login:
    role: str
    username: str
    full_name: str


LOGINS = (
    Login(roles.ADMIN, "demo.admin", "Agathe Delorme"),
    Login(roles.HEAD_OF_SALES, "demo.responsable", "Rémi Castel"),
    Login(roles.ANALYST, "demo.analyste", "Noémie Haddad"),
    *(Login(roles.ACCOUNT_MANAGER, name, name.replace(".", " ").title()) for name in MANAGERS),
)


def create_logins() -> list[tuple[str, str, str]]:
    """Create the accounts with passwords of their own. Returns role, user name and password of each.

    Raises:
        IntakeError: an account of one of these names exists.
    """
    users = get_user_model()
    taken = list(
        users.objects.filter(username__in=[login.username for login in LOGINS]).values_list("username", flat=True)
    )
    if taken:
        raise IntakeError(f"Le compte « {taken[0]} » existe déjà : la démonstration ne le remplace pas. Renommez-le.")
    rows = []
    for login in LOGINS:
        password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
        first, _, last = login.full_name.partition(" ")
        user = users.objects.create_user(
            login.username, f"{login.username}{DOMAIN}", password,
            first_name=first, last_name=last, is_staff=login.role in roles.INTO_THE_ADMIN,
        )  # fmt: skip
        user.groups.add(Group.objects.get_or_create(name=login.role)[0])
        rows.append((login.role, login.username, password))
    return rows


def delete_logins() -> None:
    get_user_model().objects.filter(email__endswith=DOMAIN).delete()
    logins_path().unlink(missing_ok=True)


def logins_path() -> Path:
    return Path(settings.DATA_DIR) / LOGINS_FILE


def write_logins(logins: list[tuple[str, str, str]]) -> None:
    """Write the table that `make run` shows, for the owner of this machine only."""
    rows = [("Rôle", "Identifiant", "Mot de passe"), *logins]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("─" * width for width in widths))
    path = logins_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)  # before there is anything to read
    path.write_text("\n".join(("Comptes de démonstration", "", *lines, "")), encoding="utf-8")
