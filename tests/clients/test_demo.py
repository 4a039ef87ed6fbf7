"""The demonstration: the same for the same seed, honest, apart from real clients, and gone without a trace."""

from __future__ import annotations

import io
import stat
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import RequestFactory

from clients.intake.demo.logins import LOGINS
from clients.intake.demo.portfolio import AS_OF, DemoClient, demo_portfolio
from clients.models import Category, Client, Demo, Followers, HeldService, Turnover
from dignamik.foundation import roles
from tests.builders import client

SMALL = ("--clients", "60", "--active", "20")


@pytest.fixture(scope="module")
def portfolio() -> list[DemoClient]:
    return demo_portfolio(clients=1600, active=421, seed=1)


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


def seed(*options: str) -> str:
    out = io.StringIO()
    call_command("seed_demo", *options, stdout=out)
    return out.getvalue()


# --- The portfolio ---------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_portfolio_and_another_seed_another(portfolio: list[DemoClient]) -> None:
    assert demo_portfolio(clients=1600, active=421, seed=1) == portfolio
    assert demo_portfolio(clients=1600, active=421, seed=2) != portfolio


def test_it_has_the_asked_size_and_every_status(portfolio: list[DemoClient]) -> None:
    statuses = [each.facts.fields["status"] for each in portfolio]
    assert (len(statuses), statuses.count("active")) == (1600, 421)
    assert set(statuses) == {"active", "inactive", "prospect", "lost"}


def test_active_clients_are_well_known_and_the_others_hardly(portfolio: list[DemoClient]) -> None:
    def known(active: bool) -> float:
        some = [each.facts for each in portfolio if (each.facts.fields["status"] == "active") is active]
        return sum(bool(each.turnover) for each in some) / len(some)

    assert known(active=True) > 0.85
    assert 0.15 < known(active=False) < 0.5


def test_nothing_in_it_lies_in_the_future(portfolio: list[DemoClient]) -> None:
    for each in portfolio:
        said = each.facts
        days: list[date | None] = [said.fields["client_since"], *(said.services or {}).values()]
        days += [reading.measured_on for reading in said.readings.values()]
        assert all(when is None or when <= AS_OF for when in days)
        assert all(year < AS_OF.year for year in said.turnover)


def test_nobody_in_it_can_be_called_or_written_to_by_mistake(portfolio: list[DemoClient]) -> None:
    fictional = ("01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49", "06 39 98")
    for each in portfolio:
        fields = each.facts.fields
        assert str(fields.get("email", ".example")).endswith(".example")
        assert str(fields.get("website", ".example")).endswith(".example")
        assert str(fields.get("phone", "01 99 00")).startswith(fictional)


def test_some_names_are_long_and_none_is_too_long(portfolio: list[DemoClient]) -> None:
    longest = max(len(str(each.facts.fields["name"])) for each in portfolio)
    assert 80 < longest <= 200


# --- In the database -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_it_plants_clients_on_the_map_with_what_hangs_on_them() -> None:
    said = seed("--clients", "300", "--active", "80")
    assert "300\u00a0clients, dont 80\u00a0actifs" in said
    assert (Client.objects.count(), Client.objects.active().count()) == (300, 80)
    assert Demo.objects.get().seed == 1
    placed = Client.objects.exclude(latitude=None)
    assert placed.count() > 285
    assert {"given", "commune"} <= set(placed.values_list("position_precision", flat=True))
    assert Turnover.objects.exists()
    assert HeldService.objects.exists()
    assert Category.objects.count() > 15
    assert Followers.objects.filter(has_account=False, count=None).exists()
    dated = Followers.objects.filter(client=Followers.objects.order_by("measured_on").values("client")[:1])
    assert dated.values("measured_on").distinct().count() >= 2


@pytest.mark.django_db
def test_its_accounts_hold_one_role_each_and_the_managers_own_portfolios() -> None:
    seed("--clients", "300", "--active", "80")
    found = {user.username: user for user in User.objects.all()}
    assert set(found) == {login.username for login in LOGINS}
    assert {group.name for user in found.values() for group in user.groups.all()} == set(roles.ROLES)
    assert [name for name, user in found.items() if user.is_staff] == ["demo.admin", "demo.analyste"]
    assert not any(user.is_superuser for user in found.values())
    for login in LOGINS:
        if login.role == roles.ACCOUNT_MANAGER:
            assert Client.objects.visible_to(found[login.username]).count() > 10
    assert Client.objects.filter(account_manager=None).exists()


@pytest.mark.django_db
def test_the_passwords_are_in_a_file_for_the_owner_only_and_work(tmp_path: Path) -> None:
    seed(*SMALL)
    path = tmp_path / "demo_logins.txt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    passwords = {words[-2]: words[-1] for words in lines if len(words) >= 3}
    for login in LOGINS:
        request = RequestFactory().post("/")
        assert authenticate(request, username=login.username, password=passwords[login.username])
    assert len({passwords[login.username] for login in LOGINS}) == len(LOGINS)


@pytest.mark.django_db
def test_a_second_call_changes_nothing_and_says_so(tmp_path: Path) -> None:
    seed(*SMALL)
    before = (tmp_path / "demo_logins.txt").read_bytes(), Client.history.count()
    assert "rien n’a changé" in seed(*SMALL)
    assert ((tmp_path / "demo_logins.txt").read_bytes(), Client.history.count()) == before


@pytest.mark.django_db
def test_it_refuses_a_database_with_other_clients() -> None:
    client("real")
    with pytest.raises(CommandError, match="contient déjà des clients"):
        seed(*SMALL)
    assert (Client.objects.count(), Demo.objects.count(), User.objects.count()) == (1, 0, 0)


@pytest.mark.django_db
def test_it_refuses_another_demonstration_and_impossible_numbers() -> None:
    with pytest.raises(CommandError, match="--active"):
        seed("--clients", "5", "--active", "6")
    seed(*SMALL)
    with pytest.raises(CommandError, match="--remove"):
        seed(*SMALL, "--seed", "2")


@pytest.mark.django_db
def test_it_does_not_take_over_an_account_of_the_same_name() -> None:
    User.objects.create_user("demo.admin")
    with pytest.raises(CommandError, match=r"« demo\.admin » existe déjà"):
        seed(*SMALL)
    assert not Client.objects.exists()


@pytest.mark.django_db
def test_removing_it_leaves_no_trace_and_nobody_else_s_account(tmp_path: Path, amelie: User) -> None:
    seed(*SMALL)
    assert "60\u00a0clients" in seed("--remove")
    for model in (Client, Demo, Followers, Turnover, HeldService, Category):
        assert not model.objects.exists()
    assert not Client.history.exists()
    assert list(User.objects.all()) == [amelie]
    assert not (tmp_path / "demo_logins.txt").exists()


@pytest.mark.django_db
def test_removing_what_is_not_there_touches_nothing() -> None:
    client("real")
    with pytest.raises(CommandError, match="ne contient pas la démonstration"):
        seed("--remove")
    assert Client.objects.count() == 1
