"""What a column's header means: French and English, and the headers that known programs write.

Snipe-IT, InvenTree, Part-DB, Lend Engine, Fab-manager and the Open Know-Where standard are
covered by their own words. A header is looked up whole, then without its small words, then by
its head word (`Nom du composant`, `Storage location`), then with a slip of the pen.
"""

import re
from typing import NamedTuple

from fedlab.formats.text import fold, folded, near

# What a header may mean and a person may map a column to. `more` keeps the text as it stands,
# `skip` leaves it out; no header means that by itself.
FIELDS = (
    "name", "code", "kind", "quantity", "unit", "category", "description", "brand", "model",
    "serial", "place", "condition", "care", "safety", "tags", "ref", "lang", "terms", "price",
    "hourly", "deposit", "buffer", "value", "training", "more", "skip",
)  # fmt: skip

# Terms whose column is answered with yes or no, or with a price.
TERM_COLUMNS = {"lend", "give", "sell", "use", "help"}

# Headers whole, the surest first: of two columns for one field the one named earlier wins.
_PHRASES: dict[str, str] = {
    "name": "Nom|Name|Désignation|Intitulé|Libellé|Item name|Asset name|Part name|Product name|"
    "Nom du matériel|Nom de l'objet|Nom de la machine|Nom de l'outil|Nom de l'article|"
    "Nom de l'équipement|Nom du produit|Nom d'usage|Appellation|Dénomination|Titre|Title|Item|"
    "Items|Objet|Objets|Matériel|Matériels|Machine|Machines|Outil|Outils|Outillage|Équipement|"
    "Équipements|Equipment|Tool|Tools|Thing|What|Quoi|Article|Articles|Produit|Product|"
    "Bezeichnung|Gegenstand|Gerät|Consommable|Consommables|Savoir-faire|Compétence|Skill|Skills|"
    "Material name|Label",
    "code": "Code|Asset tag|Numéro d'inventaire|No d'inventaire|No inventaire|N° inv|Inv|"
    "Code inventaire|Code article|Code objet|Code barre|Code barres|Code128|Barcode|IPN|SKU|"
    "Inventory number|Inventory code|Item code|Tag number|Stock item ID|Equipment ID|Item ID|"
    "Asset ID|Machine ID|Identifiant|ID|N°|No|Num|Numéro|Number|#",
    "kind": "Kind|Genre|Nature|Role|Type de ressource|Resource type|Kind of item|Type",
    "quantity": "Quantité|Qté|Qte|Qtés|Quantités|Quantity|Qty|Qtty|Quant|Nombre|Nb|Nbr|Nbre|"
    "Effectif|Exemplaires|Nombre d'exemplaires|Nb exemplaires|Quantité en stock|Stock actuel|"
    "En stock|Stock|In stock|Stock quantity|Amount|On hand|Instock|Count|Pieces|Pcs|Anzahl|Menge|"
    "Combien",
    "unit": "Unité|Unités|Unit|Units|Part unit|UOM|Unité de mesure|Unit of measure|Measure unit|"
    "Einheit",
    "category": "Catégorie|Catégories|Category|Categories|Famille|Familles|Rubrique|Groupe|"
    "Domaine|Rayon|Classe|Type d'équipement|Type de matériel|Equipment type|Tool type|Item type|"
    "Asset category|Item category|Type de composant|Machine type|Group|Family|Class|Kategorie|"
    "Types|Thème|Manufacturing process|Procédé",
    "description": "Description|Descriptif|Short description|Long description|Description courte|"
    "Description longue|Résumé|Summary|Détails|Détail|Details|Caractéristiques|Caractéristique|"
    "Spécifications|Specification|Specs|Features|Fonction|Usage prévu|Notes|Note|Remarques|"
    "Remarque|Commentaires|Commentaire|Comments|Comment|Observations|Observation|Infos|"
    "Informations|Asset notes|Précisions|Beschreibung|Bemerkung|Blurb|Bio",
    "brand": "Marque|Brand|Fabricant|Manufacturer|Make|Constructeur|Maker|Mfr|Mfg|Hersteller|"
    "Marque du produit",
    "model": "Modèle|Model|Model name|Model number|Model no|Nom du modèle|MPN|Mfr part #|"
    "Mfr part number|Manufacturer part number|Part number|Référence fabricant|Réf fabricant|"
    "Référence constructeur|Réf constructeur|Modell",
    "serial": "Numéro de série|No de série|N° série|Num série|Serial number|Serial no|Serial|"
    "S/N|SN|Série|Seriennummer",
    "place": "Emplacement|Localisation|Lieu de stockage|Lieu de rangement|Lieu|Place|Location|"
    "Storage location|Location name|Location room|Location specific|Rangement|Où|Where|Salle|"
    "Room|Pièce|Local|Atelier|Zone|Position|Armoire|Étagère|Casier|Tiroir|Bac|Placard|Rayonnage|"
    "Shelf|Drawer|Bin|Cabinet|Sub location|Sous-emplacement|Standort|Lagerort|Ort|Rangé dans|"
    "Approximate location|CL location|Numéro armoire|Numéro casier|Default location|Bâtiment",
    "condition": "État|Condition|État de marche|État du matériel|État général|Status|Statut|"
    "Working|Fonctionnel|Fonctionne|Zustand|State",
    "care": "Entretien|Maintenance|Care|Care information|Consignes d'entretien|Entretien et soin|"
    "Maintenance schedule|Nettoyage",
    "safety": "Sécurité|Safety|Consignes de sécurité|EPI|PPE|Risques|Risque|Précautions|Hazards|"
    "Safety notes|Consignes",
    "tags": "Tags|Tag|Mots-clés|Mots clefs|Mot-clé|Keywords|Keyword|Étiquettes|Labels|Schlagworte",
    "ref": "Référence|Réf|Référence interne|Ref|Reference|Références|Internal reference|"
    "Item number|Référence lab|Notre référence",
    "lang": "Langue|Language|Lang",
    "terms": "Modalités|Modalité|Terms|Conditions de prêt|Mode de partage|Partage|Sharing|"
    "Disponible pour|Available for|Conditions d'usage|Modalités d'accès|Conditions",
    "price": "Tarif|Loan fee|Tarif de prêt|Tarif de location|Prix de location|Prix location|"
    "Tarif location|Prix de vente|Sale price|Selling price|Prix public|Fee|Rental price|"
    "Rental fee|Participation|Tarifs",
    "hourly": "Tarif horaire|Prix horaire|Coût horaire|Prix de l'heure|Hourly rate|Hourly price|"
    "Price per hour|Hourly|Tarif à l'heure|Prix par heure|Machine rate|Tarif heure",
    "deposit": "Caution|Dépôt de garantie|Deposit|Security deposit|Kaution",
    "buffer": "Buffer|Buffer days|Jours de pause|Délai entre deux prêts|Jours tampon",
    "value": "Valeur|Value|Valeur de remplacement|Replacement value|Replacement cost|"
    "Valeur à neuf|Valeur d'achat|Insurance value|Valeur assurée|Prix d'achat|Purchase cost|"
    "Purchase price|Purch price line|Price paid|Coût d'achat|Prix|Price|Coût|Cost|Montant|"
    "Prix TTC|Prix unitaire|Unit price|Prix HT|Wert|Preis",
    "training": "Formation requise|Formation obligatoire|Habilitation|Training required|Training|"
    "Induction|Formation",
    "lend": "Prêt|Prêts|Prêtable|Empruntable|Emprunt|Disponible au prêt|À prêter|Loanable|"
    "Lendable|Reservable|Réservable|Loan|Lend|Louable|For loan|Peut être prêté|Prêt possible",
    "give": "À donner|Don|Give|Give away|Free to take|Donnable",
    "sell": "À vendre|Vente|En vente|For sale|Sell",
    "use": "Usage sur place|Sur place|Utilisation sur place|Use on site|On-site use|On site",
    "help": "Accompagnement|Aide|Help",
    # Known, and none of our fields: they keep their own name, and no slip of the pen claims them.
    "more": "Fournisseur|Fournisseurs|Lieu d'achat|Supplier|Supplier 1|Vendor|Vendeur|Revendeur|"
    "Lien|Liens|Link|Links|URL|Site|Web|Date|Date d'achat|Purchase date|Purch date|Acquired|"
    "Acquis le|Datasheet|Fiche technique|Documentation|Photo|Photos|Image|Images|Footprint|Package|"
    "Packaging|Conditionnement|Seuil|Seuil minimum|Min amount|Minimum|Minamount|Mini|"
    "Propriétaire|Owner|Responsable|Contact|Company|Société|Order number|Commande|Batch|Lot|"
    "Warranty|Garantie|Weight|Poids|Length|Longueur|Width|Largeur|Height|Hauteur|Thickness|"
    "Épaisseur|Dimensions|Dimension|Taille|Size|Color|Couleur|Created at|Updated at|Modifié le|"
    "Créé le|UUID|Slug|Status code|Part ID|Location ID|Location notes|Restocked|Checkout type|"
    "Checkouts|Loan period|Durée de prêt|Components|Composants|Expiry date|Péremption|"
    "Review needed|Stocktake|Model notes|Asset EOL date|Section|Include|Icon|Disabled|Spec|"
    "Thread|"
    "Skills required|Power rating|Throughput|Qr code|Material|Materials|Matière|Matériau|"
    "Matériaux|"
    "Shape|Forme|Profil|Damaged|Endommagée|Endommagé|Active|Délais livraison|Effacer",
}  # fmt: skip

# Words that carry the meaning of a longer header, at its beginning or at its end.
_HEADS: dict[str, str] = {
    "name": "nom name désignation intitulé libellé",
    "quantity": "quantité qté quantity qty nombre nb",
    "category": "catégorie category type famille",
    "description": "description descriptif notes remarques commentaires comments",
    "brand": "marque brand fabricant manufacturer",
    "model": "modèle model",
    "place": "emplacement localisation location lieu salle armoire casier étagère tiroir bac "
    "placard shelf drawer cabinet rangement place room",
    "condition": "état condition",
    "value": "valeur value prix price coût cost",
    "price": "tarif tarifs",
    "deposit": "caution deposit",
    "ref": "référence réf ref reference",
    "tags": "tags keywords",
    "lend": "prêt prêtable empruntable",
}
# With one of these in it a longer header is about somebody or something else.
_OTHERS = frozenset(
    fold(
        "fournisseur supplier vendor commande order checkout checked user utilisateur client "
        "customer company date seuil minimum min mini max alerte owner propriétaire "
        "responsable contact lien link url photo image status endommagée damaged id projets notes "
        "loan period durée"
    ).split()
)  # fmt: skip
_HOURS, _OTHER_TIMES = (
    folded("h|heure|heures|hour|hours|horaire|hourly"),
    folded("jour|jours|journée|day|days|semaine|week|mois|month|an|year|min|minute"),
)
_PEOPLE = folded(
    "emprunteur|emprunteuse|prêté|prêtée|borrower|username|user|utilisateur|email|mail|courriel|"
    "téléphone|tel|phone|adhérent|membre|member|détenteur|assigned|responsable|contact"
)
_SMALL = frozenset(
    fold("de du des d la le les l en à au aux the of in on for per par un une a an est y").split()
)
_BRACKETS = re.compile(r"[(\[].*?[)\]]")


class Meaning(NamedTuple):
    """The field that a header names, and how surely: the lower the rank, the surer."""

    field: str
    rank: int


_HEAD_RANK, NEAR_RANK = 1_000, 2_000
_KNOWN: dict[str, Meaning] = {}
for _field, _phrases in _PHRASES.items():
    for _rank, _phrase in enumerate(_phrases.split("|")):
        _KNOWN.setdefault(fold(_phrase), Meaning(_field, _rank))
_BY_LETTER: dict[str, list[str]] = {}
for _phrase in _KNOWN:
    _BY_LETTER.setdefault(_phrase[0], []).append(_phrase)
_HEAD_WORDS = {fold(word): field for field, words in _HEADS.items() for word in words.split()}


def recognise(header: str) -> Meaning | None:
    """Return what a header means, None for one that says nothing known."""
    whole, bare = fold(header), fold(_BRACKETS.sub(" ", header))
    words = [word for word in bare.split() if word not in _SMALL]
    for text in (whole, bare, " ".join(words)):
        if text in _KNOWN:
            return _KNOWN[text]
    if not words:
        return None
    return _by_head(words) or _by_slip(bare) or _by_slip(" ".join(words))


def may_name_people(header: str) -> bool:
    """Say whether a column's header announces members, borrowers or how to reach them."""
    return not _PEOPLE.isdisjoint(fold(header).split())


def _by_head(words: list[str]) -> Meaning | None:
    if len(words) < 2 or len(words) > 8:
        return None
    if _OTHERS.intersection(words):
        return Meaning("more", _HEAD_RANK)
    first, last = _HEAD_WORDS.get(words[0]), _HEAD_WORDS.get(words[-1])
    if first == "name" and last:  # Nom de la catégorie
        first, last = last, first
    if last == "name" and first and first != "name":  # Category name
        return Meaning(first, _HEAD_RANK)
    found = first or last
    if found in ("price", "value") and _HOURS.intersection(words):
        found = "hourly"
    elif found in ("price", "value") and _OTHER_TIMES.intersection(words):
        found = "more"  # a price for another time than an hour has no field
    return Meaning(found, _HEAD_RANK) if found else None


def _by_slip(text: str) -> Meaning | None:
    """Find the phrase that was mistyped; two that are equally near, of two fields, are none."""
    if not text:
        return None
    found = {_KNOWN[known].field for known in _BY_LETTER.get(text[0], ()) if near(text, known)}
    return Meaning(found.pop(), NEAR_RANK) if len(found) == 1 else None
