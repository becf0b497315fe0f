"""Tool, material or skill, and on what terms: what a file says about it, in words."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache

from fedlab.formats.text import fold, folded
from fedlab.inventory.words import stem

Test = Callable[[str], bool]

_KIND_WORDS = {
    "tool": "tool tools outil outils machine machines matériel materiel équipement équipements "
    "equipment outillage appareil appareils instrument instruments t werkzeug gerät device devices",
    "material": "material materials matière matières matériau matériaux consommable consommables "
    "consumable consumables composant composants component components stock fourniture fournitures "
    "supplies supply m pièces pièce parts part",
    "skill": "skill skills savoir-faire compétence compétences formation formations cours atelier "
    "training workshop course accompagnement service services",
}
_KINDS = {fold(word): kind for kind, words in _KIND_WORDS.items() for word in words.split()}

_ROOMS = frozenset({"atelier", "workshop"})  # in a cell a course, in a title the room

# Nouns that settle what a thing is when they stand first (French) or last (English).
_NOUN_WORDS = {
    "material": "résistance résistor resistor condensateur capacitor diode transistor "
    "connecteur connector régulateur regulator filament fil pla abs petg résine resin colle glue "
    "vis screw écrou nut boulon bolt rondelle washer clou nail contreplaqué plywood mdf bois wood "
    "planche plexiglas plexi acrylique acrylic vinyle vinyl flex papier paper carton cardboard "
    "tissu fabric feutrine felt peinture paint vernis varnish encre ink cartouche cartridge ruban "
    "tape adhésif scotch gant glove masque seringue syringe bouchon tube pile battery batterie "
    "cuir leather laine wool mousse foam étain solder graisse grease huile oil alcool alcohol "
    "acétone acetone visserie quincaillerie composant consommable tôle acier steel aluminium "
    "aluminum laiton brass epoxy époxy silicone plâtre plaster argile clay sable perle bouton "
    "bobine gaine thread yarn chemical stylo feutre polymer lubricant aiguille needle lame filtre "
    "robinet flask blouse antibiotique antifongique milieu consumable wipe towel sealer zip",
    "tool": "machine imprimante printer scie saw perceuse drill visseuse fraiseuse mill tour "
    "lathe laser ponceuse sander pistolet gun fer iron pince pliers marteau hammer "
    "tournevis screwdriver clé wrench multimètre multimeter oscilloscope presse press "
    "cutter caméra camera appareil étau ciseau chisel scanner plotter brodeuse "
    "surjeteuse découpeuse dévidoir kit testeur tester stand case cable câble chargeur "
    "charger holder rack dispenser station boîte coffret",
    "skill": "formation initiation cours tutorat accompagnement savoir-faire compétence training "
    "mentoring workshop lesson coaching conseil",
}
_NOUNS = {stem(fold(word)): kind for kind, words in _NOUN_WORDS.items() for word in words.split()}

_LINKS = folded("de|d|du|des|à|au|aux|en|pour|sur|avec|sans|l|la|le|les|of|for|with|and|et")
_AMOUNTS = frozenset(
    stem(fold(word))
    for word in folded("jeu|lot|boîte|chute|paquet|rouleau|bobine|sachet|coupon|bâton|sac|box|pack")
)

# Columns that only lists of materials have, and only lists of machines.
_MATERIAL_COLUMNS = folded(
    "Seuil minimum|Seuil|Min amount|Minamount|Minimum|Footprint|Package|Restocked|Thickness|"
    "Épaisseur|Fournisseur|Supplier|Supplier 1|Nom du composant|Type de composant|Prix unitaire|"
    "Part unit|Unité|Péremption|Matière|Material|Consommable|Packaging|Wall thickness|Batch"
)
_TOOL_COLUMNS = folded(
    "Machine|Outil|Équipement|Matériel|Équipements|Matériels|Numéro de série|Serial|S/N|"
    "Serial number|Asset tag|Modèle|Model|Formation requise|Caution|Deposit|Hourly rate|"
    "Tarif horaire|Equipment|Equipment type|Tool|Loan fee|Prêt|Empruntable|Reservable"
)

_TERM_WORDS = {
    "lend": "prêt prêts prêter prêtable emprunt empruntable emprunter lend lending loan borrow "
    "location louer louable rental rent hire",
    "give": "don donner donnable give gift giveaway",
    "sell": "vente vendre sell sale buy",
    "use": "place usage utilisation use utiliser onsite accès access site",
    "help": "aide help accompagnement mentoring conseil",
}
_TERMS = {fold(word): term for term, words in _TERM_WORDS.items() for word in words.split()}
_PIECES = re.compile(r"[,;/+&|\n]| et | ou | and | or ", re.IGNORECASE)
_REFUSALS = folded("non|pas|no|not|sans|hors|never|jamais")


def kind_of_word(text: str) -> str:
    """Return the kind that a cell of a kind column names, ``""`` for none."""
    return _KINDS.get(fold(text), "")


@lru_cache(maxsize=1024)
def kind_of_title(title: str) -> str:
    """Return the one kind that the title of a file, sheet or section names, or ``""``."""
    said = f" {fold(title)} "
    found = {
        kind
        for word, kind in _KINDS.items()
        if len(word) > 1 and word not in _ROOMS and f" {word} " in said
    }
    return found.pop() if len(found) == 1 else ""


def kind_of_thing(name: str) -> str:
    """Return the kind that a name shows by its noun, ``""`` if it shows none.

    The noun stands first before a *de* or *à* (`Vis à bois`), after the word for how much
    (`Lot de vis`), and else first or last (`Filament PLA`, `Glue gun`).
    """
    words = fold(re.split(r"[(,:–]", name, maxsplit=1)[0]).split()
    bare = [word for word in words if word not in _LINKS]
    if len(bare) > 1 and stem(bare[0]) in _AMOUNTS:
        ends = bare[1:2]
    elif len(bare) < len(words):
        ends = bare[:1]
    else:
        ends = [*bare[:1], *bare[-1:]]
    found = {_NOUNS.get(stem(word), "") for word in ends}
    return next((kind for kind in ("skill", "tool", "material") if kind in found), "")


def kind_of_columns(headers: Iterable[str]) -> str:
    """Return the kind that a list with such columns is about, ``""`` if they tell nothing."""
    count: Counter[str] = Counter()
    for header in headers:
        folded = fold(re.sub(r"\(.*?\)", "", header))
        count["material"] += folded in _MATERIAL_COLUMNS
        count["tool"] += folded in _TOOL_COLUMNS
    if count["material"] == count["tool"]:
        return ""
    return "material" if count["material"] > count["tool"] else "tool"


def terms_of(text: str) -> set[str]:
    """Return the terms that a cell names; what is refused there (`pas de prêt`) is not named."""
    found: set[str] = set()
    for piece in _PIECES.split(text):
        words = fold(piece).split()
        if not _REFUSALS.intersection(words):
            found |= {_TERMS[word] for word in words if word in _TERMS}
    return found


def term_of_price(header: str) -> str:
    """Return the term that a price column's header names: `Prix de vente`, `Loan fee`."""
    words = set(fold(header).split())
    for term in ("sell", "lend"):
        if words.intersection(fold(_TERM_WORDS[term]).split()):
            return term
    return ""
