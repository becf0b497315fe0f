"""Headers of French and English lists and of known programs."""

import pytest

from fedlab.formats.headers import recognise
from fedlab.inventory.facts import ItemSet

KNOWN = {
    "name": "Désignation|Nom|NOM :|désignation|Designaton|Nom du Composant|Intitulé|Item Name|"
    "Matériel|materiel|Machine|Équipement|Libellé|Part Name|Nom de l’outil|asset_name",
    "code": "Code|Asset Tag|N° inventaire|Numéro d'inventaire|IPN|ipn|Code128|Code-barres|ID|N°",
    "quantity": "Qté|Quantité|quantite|QTY|Qty.|Quantity (>1)|Quantité en stock|Nb|amount|"
    "Nombre d'exemplaires|Quantitée|Stock",
    "unit": "Unité|partUnit|UOM",
    "category": "Catégorie|Catégories|category|Famille|Type de Composant|equipment_type|"
    "Nom de la catégorie|Category name",
    "description": "Description|Short description|Notes|Remarques|Commentaire|Asset Notes",
    "brand": "Marque|Fabricant|Manufacturer|manufacturer|Make|Manufacturer name",
    "model": "Modèle|Model|Model Number|mpn|Mfr part#",
    "serial": "Numéro de série|N° de série|Serial|serial_number|S/N",
    "place": "Emplacement|Localisation|Location|location_room|location.name|storage_location|"
    "Location Name|Numéro Armoire|Casier|Sub-Location|Rangement|Lieu de stockage|Emplacment",
    "condition": "État|Condition|Status|etat du materiel",
    "care": "Entretien|Care information|Maintenance Schedule",
    "safety": "Sécurité|EPI",
    "tags": "Tags|Mots-clés|Keywords",
    "ref": "Référence|Réf.|Reference",
    "terms": "Modalités|Conditions",
    "price": "Tarif|Loan fee|Prix de vente",
    "hourly": "Tarif horaire|Hourly rate|Tarif/h|Prix à l'heure|Price per hour (€)",
    "deposit": "Caution|Dépôt de garantie|Deposit",
    "value": "Valeur|Purchase Cost|Prix d'achat TTC|Prix|Prix (€)|Price paid|"
    "Valeur de remplacement",
    "lend": "Prêt ?|Prêt autorisé|Empruntable|Reservable",
    "sell": "À vendre",
    "more": "Fournisseur|Supplier 1 Part#|Date d'achat|Seuil minimum|Location ID|Part ID|Lien|"
    "Tarif à la journée|Prix par jour|Durée de prêt|Lieu d'achat|"
    "Checked Out To: Username|Order Number|Material|Prix fournisseur|uuid",
}


@pytest.mark.parametrize(
    ("header", "field"), [(h, f) for f, headers in KNOWN.items() for h in headers.split("|")]
)
def test_a_header_is_recognised(header: str, field: str) -> None:
    meaning = recognise(header)
    assert meaning is not None and meaning.field == field


@pytest.mark.parametrize("header", ["", "Foo", "column A", "42", "???", "Zq7", "Blorp du jour"])
def test_an_unknown_header_means_nothing(header: str) -> None:
    assert recognise(header) is None


def test_materiel_is_a_thing_and_material_what_it_is_made_of() -> None:
    found = [recognise(h) for h in ("Matériel", "MATERIEL", "Material", "Matériaux")]
    assert [meaning.field if meaning else "" for meaning in found] == [
        "name",
        "name",
        "more",
        "more",
    ]


def test_fields_of_the_fact_can_all_be_mapped() -> None:
    from fedlab.formats.headers import FIELDS

    head = {"by", "e", "n", "at", "detail", "parts"}  # parts name other items: not from a column
    assert set(ItemSet.__struct_fields__) - head <= set(FIELDS)
