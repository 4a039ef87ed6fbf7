"""Invented French businesses: names, addresses and contacts that belong to nobody.

Telephone numbers are from the ranges that ARCEP keeps for fiction, hosts end in `.example`.
"""

from __future__ import annotations

import re
from random import Random

from clients.places import fold

# Trade → (sector, signs that such a business hangs out; {} is a surname).
TRADES: dict[str, tuple[str, tuple[str, ...]]] = {
    "Restaurant": ("Restauration", ("Restaurant {}", "La Table de {}", "Le Bistrot du Marché", "L’Œuf et la Poule",
                                    "Auberge du Vieux Pont", "Chez {}", "À la Bonne Fourchette")),
    "Brasserie": ("Restauration", ("Brasserie {}", "Brasserie de la Gare", "Le Grand Café", "Brasserie des Halles")),
    "Pizzeria": ("Restauration", ("Pizzeria {}", "La Fournaise", "Pizzeria du Port", "Chez {} – pizzas")),
    "Crêperie": ("Restauration", ("Crêperie {}", "La Bolée", "Crêperie du Château", "Blé noir et compagnie")),
    "Traiteur": ("Restauration", ("{} Traiteur", "Maison {}, traiteur", "Saveurs et Réceptions")),
    "Salon de thé": ("Restauration", ("Un thé chez {}", "La Théière étoilée", "Salon de thé {}")),
    "Hôtel-restaurant": ("Restauration", ("Hôtel-restaurant {}", "Hôtel du Lion d’Or", "Le Relais de la Poste")),
    "Boulangerie": ("Commerce de proximité", ("Boulangerie {}", "Au Pain doré", "Le Fournil de {}", "Maison {}",
                                              "L’Épi d’antan")),
    "Boucherie": ("Commerce de proximité", ("Boucherie {}", "Boucherie des Halles", "Maison {}, boucher-charcutier")),
    "Fromagerie": ("Commerce de proximité", ("Fromagerie {}", "La Cave à fromages", "L’Affineur")),
    "Épicerie fine": ("Commerce de proximité", ("Épicerie {}", "Le Garde-manger", "Au Bocal", "L’Épicerie du coin")),
    "Fleuriste": ("Commerce de proximité", ("Fleurs {}", "L’Œillet rouge", "Au Jardin de {}", "Pétales et Cie")),
    "Librairie": ("Commerce de proximité", ("Librairie {}", "La Page blanche", "Librairie du Passage")),
    "Caviste": ("Commerce de proximité", ("Cave {}", "La Treille", "Les Vignes de {}")),
    "Boutique de mode": ("Commerce de proximité", ("Boutique {}", "Fil et Coton", "Chez {} – prêt-à-porter")),
    "Photographe": ("Services", ("Studio {}", "{} Photographie", "L’Œil et l’Instant")),
    "Consultant": ("Services", ("{} Conseil", "Cabinet {}", "Cap Conseil {}")),
    "Coach": ("Services", ("{} Coaching", "Élan et Projet", "Atelier {}")),
    "Services à domicile": ("Services", ("{} Services", "La Maison sereine", "À votre porte – {}")),
    "Auto-école": ("Services", ("Auto-école {}", "Auto-école du Centre", "Conduite {}")),
    "Informatique": ("Services", ("{} Informatique", "Dépann’ordi", "Octet et Cie")),
    "Bien-être": ("Services", ("Respire – {}", "Espace Sérénité", "Les Mains de {}")),
    "Plombier": ("Artisanat", ("Plomberie {}", "{} Chauffage", "{} et Fils, plombiers")),
    "Électricien": ("Artisanat", ("Électricité {}", "{} Élec", "{} et Fils, électriciens")),
    "Menuisier": ("Artisanat", ("Menuiserie {}", "L’Atelier du Bois", "{} et Filles, menuiserie")),
    "Garage": ("Artisanat", ("Garage {}", "Garage du Rond-point", "Mécanique {}")),
    "Coiffeur": ("Beauté", ("Coiffure {}", "L’Hair du temps", "Salon {}")),
    "Institut de beauté": ("Beauté", ("Institut {}", "Éclat et Douceur", "Institut L’Écrin")),
    "Agence immobilière": ("Immobilier", ("{} Immobilier", "Agence de la Place", "Clés en main – {}")),
}  # fmt: skip
SURNAMES = (
    "Aubépin", "Baudrécourt", "Béranger", "Bois-Joli", "Carpentras", "Chantepie", "Chênevert", "Clairefontaine",
    "Cœurdacier", "Estérel", "Delaplage", "Dubreuil", "Estève", "Fauvette", "Ferréol", "Gévaudan", "Grandjean",
    "Hautecombe", "Île-Bouchard", "Jolivet", "Kerdoncuff", "L’Hermitte", "Lacaze", "Lavandier", "Le Guen", "Maëlys",
    "Montfleury", "N’Diaye", "Noisetier", "Orléac", "Oustalet", "Pâquerette", "Périgord", "Quénéa", "Rosières",
    "Saint-Aubin", "Schœffler", "Tillœul", "Valmorel", "Verchère", "Vieuxpont", "Yvetot", "Zimmerlin",
)  # fmt: skip
LONG_NAMES = (
    "Groupement des artisans bouchers, charcutiers et traiteurs réunis de la vallée et de ses environs – Maison {}",
    "Établissements {} Père et Filles, successeurs – plomberie, chauffage, énergies renouvelables et dépannage rapide",
    "Société coopérative d’intérêt collectif « Les Épiciers du Pays d’en Haut », point de vente {}",
)
STREETS = ("rue de la République", "place de l’Église", "avenue de la Gare", "rue des Écoles", "rue du Général-Leclerc",
           "boulevard Victor-Hugo", "grande rue", "quai des Mariniers", "chemin du Moulin", "rue Haute")  # fmt: skip
# The start of numbers that will never be given to anybody, by the first digits of the department.
FICTIONAL_PHONES = {
    "1": "01 99 00",
    "2": "02 61 91",
    "3": "03 53 01",
    "4": "04 65 71",
    "5": "05 36 49",
    "6": "06 39 98",
}
_ZONES = {
    "1": "75 77 78 91 92 93 94 95",
    "2": "14 18 22 27 28 29 35 36 37 41 44 45 49 50 53 56 61 72 76 85",
    "3": "02 08 10 21 25 39 51 52 54 55 57 58 59 60 62 67 68 70 71 80 88 89 90",
    "4": "01 03 04 05 06 07 11 13 15 26 2A 2B 30 34 38 42 43 48 63 66 69 73 74 83 84",
    "5": "09 12 16 17 19 23 24 31 32 33 40 46 47 64 65 79 81 82 86 87",
}
_ZONE_OF = {department: zone for zone, departments in _ZONES.items() for department in departments.split()}


def business_name(rng: Random, trade: str) -> str:
    """A sign for this trade; about one in two hundred is as long as some really are."""
    surname = rng.choice(SURNAMES)
    if rng.random() < 0.005:
        return rng.choice(LONG_NAMES).format(surname)
    signs = TRADES[trade][1]
    if rng.random() < 0.85:  # most bear a name, or the same few signs would hang everywhere
        signs = tuple(sign for sign in signs if "{}" in sign)
    sign = rng.choice(signs)
    if fold(surname)[0] in "aeiouy":
        sign = sign.replace("de {}", "d’{}")
    return sign.format(surname)


def host(name: str, number: int) -> str:
    """A host name of their own that can't exist: « boulangerie-estève » → boulangerie-esteve-12.example."""
    slug = re.sub("[^a-z0-9]+", "-", fold(name)).strip("-")[:40].strip("-")
    return f"{slug}-{number}.example"


def phone(rng: Random, department: str) -> str:
    start = FICTIONAL_PHONES[_ZONE_OF.get(department, "6")]
    return f"{start} {rng.randrange(100):02d} {rng.randrange(100):02d}"


def address(rng: Random) -> str:
    return f"{rng.randrange(1, 180)} {rng.choice(STREETS)}"
