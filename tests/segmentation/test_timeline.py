"""What happened to a client, on one line of time that people can read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from clients import recording
from clients.contacting import follow_up, log
from clients.models import Category, Client
from segmentation.models import Run
from tests.advised import a_play, decided, put
from tests.contract import signed_in
from tests.published import a_client, a_run


@pytest.fixture
def client(db: None, amelie: User) -> Client:
    return put(a_client("Boulangerie Dupont", "amelie", phone="02 41 00 00 00"), a_run())


def told(user: User, client: Client) -> list[str]:
    timeline = signed_in(user).get(f"/clients/{client.pk}/").context["timeline"]
    return [f"{event.kind} | {event.says} | {event.detail}" for event in (*timeline.latest, *timeline.earlier)]


def edit(client: Client, user: User, **said: object) -> None:
    client = Client.objects.get(pk=client.pk)
    for name, value in said.items():
        setattr(client, name, value)
    recording.save(client, changed=said, user=user)


def test_moves_edits_contacts_and_decisions_stand_on_one_line(client: Client, amelie: User, adele: User) -> None:
    log(client, "call", by=amelie, text="Vieille histoire", day=timezone.localdate() - timedelta(days=400))
    edit(client, adele, phone="", status="lost", category=Category.objects.create(name="Fournil", sector="Bouche"))
    decided(client, a_play("Ouvrir un compte"), "refused", comment="Trop cher", by=amelie)
    follow_up(client, timezone.localdate(), by=amelie)
    put(client, a_run(), "segment-1")
    events = told(amelie, client)
    assert events[0].startswith("segment | Segment\u00a0: «\u00a0Valeurs sûres\u00a0»")
    assert events[1].startswith("relance | Prochaine relance\u00a0: aucune → ")
    assert events[2] == "décision | Ouvrir un compte\u00a0: écarté | Trop cher"
    assert "Téléphone\u00a0: 02 41 00 00 00 → inconnu" in events[3]
    assert "Statut\u00a0: Actif → Perdu" in events[3]
    assert "→ Fournil" in events[3]
    assert events[3].endswith("(administration) | ")
    assert events[-1] == "contact | Appel | Vieille histoire"
    assert any("Fiche créée (démonstration)" in event for event in events)
    html = signed_in(amelie).get(f"/clients/{client.pk}/").content.decode()
    assert "Historique</h2>" in html
    assert "Adele" in html


def test_it_says_nothing_of_what_its_reader_may_not_read(client: Client, amelie: User, karim: User) -> None:
    log(client, "note", by=amelie, text="Confidence")
    decided(client, a_play("Ouvrir un compte"), "done")
    bare = Group.objects.create(name="Lecture seule")
    bare.permissions.set(Group.objects.get(name="Chargé de compte").permissions.filter(codename="view_client"))
    karim.groups.set([bare])
    Client.objects.update(account_manager=karim)
    events = told(karim, client)
    assert not any(event.startswith(("contact", "décision")) for event in events)
    assert "Confidence" not in "".join(events)


def test_what_a_version_did_not_change_is_not_told(client: Client, adele: User) -> None:
    before = told(adele, client)
    edit(client, adele, name=client.name)
    assert told(adele, client) == before
    assert Run.objects.count() == 1


def test_hostile_words_stay_words(client: Client, amelie: User, adele: User) -> None:
    edit(client, adele, city="<script>alert(1)</script>")
    html = signed_in(amelie).get(f"/clients/{client.pk}/").content.decode()
    assert "<script>alert(1)" not in html
