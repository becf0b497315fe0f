"""What columns mean: by headers, by content where headers fail, and as the person maps them."""

from typing import Any

import pytest

from fedlab.formats.importing import Sheet, read_items
from fedlab.formats.tables import FileError, MappingError


def sheet(text: str, *mapping: str, name: str = "list.csv", kind: str = "") -> Sheet:
    pairs = [(pair.partition("=")[0], pair.partition("=")[2]) for pair in mapping]
    return read_items(text.encode(), name, mapping=pairs, kind=kind)


def fields(text: str, *mapping: str) -> dict[str, str]:
    return {column.header: column.field for column in sheet(text, *mapping).columns}


def only(text: str, *mapping: str, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    (row,) = sheet(text, *mapping, **options).rows
    return row.content.fact, row.content.detail


# --- where the headers stand ----------------------------------------------------------------------


def test_titles_sections_totals_and_repeated_headers_are_told_not_imported() -> None:
    found = sheet(
        "Inventaire;;;\nMis à jour le 12/03/2024;;;\n\nDésignation;Qté;Lieu;Prêt ?\nMACHINES;;;\n"
        "Tour;1;A;oui\nDésignation;Qté;Lieu;Prêt ?\nConsommables :;;;\nVis;3;B;\nTotal;4;;\n"
    )
    assert [(row.row, row.name) for row in found.rows] == [(6, "Tour"), (9, "Vis")]
    assert [row.content.detail["category"] for row in found.rows] == ["MACHINES", "Consommables"]
    assert [row.content.fact["kind"] for row in found.rows] == ["tool", "material"]
    assert [(aside.number, aside.reason.split(":")[0]) for aside in found.asides] == [
        (1, "stands above the headers"),
        (2, "stands above the headers"),
        (5, "is the title of a section"),
        (7, "repeats the headers"),
        (8, "is the title of a section"),
        (10, "is a total, not an item"),
    ]


def test_a_list_without_headers_loses_no_row() -> None:
    found = sheet('Sewing Machine,248\nIron,134\n"1"" Button Makers",26\n')
    assert [row.name for row in found.rows] == ["Sewing Machine", "Iron", '1" Button Makers']
    assert found.rows[0].content.detail["more"] == {"column B": "248"}
    assert "quantity" not in found.rows[0].content.fact  # they may be loans, prices, years
    assert [row.name for row in sheet("Scie\nMarteau\nMachine\n").rows] == [
        "Scie",
        "Marteau",
        "Machine",
    ]
    assert len(sheet("Perceuse;Atelier\nScie;Atelier\nMarteau;Cave\n").rows) == 3


def test_headers_that_say_nothing_are_pointed_out() -> None:
    said = [
        sheet(text).asides for text in ("Scie\nTour\n", "Zq;Zp\nScie;1\nTour;2\n", "Nom\nScie\n")
    ]
    assert [len(asides) for asides in said] == [1, 1, 0]
    assert said[0][0].reason == (
        "no headers were recognised: every row is an item, “column A” was taken for the name "
        "(--map name=COLUMN chooses another)"
    )
    assert "“Zq” was taken for the name" in said[1][0].reason


def test_any_text_file_is_not_an_inventory() -> None:
    """Somebody gave /etc/shadow, and it was published."""
    text = "root:x:19000:0:99999:7:::\ndaemon:*:18000:0:99999:7:::\n"
    for name in ("shadow", "setup.py", "app.log"):
        with pytest.raises(FileError, match="nothing shows that this is an inventory") as refusal:
            sheet(text, name=name)
        assert "name it .csv" in refusal.value.hint
    assert len(sheet("Nom;Qté\nScie;1\n", name="inventaire").rows) == 1
    assert len(sheet("Foo;Bar\nScie;x\n", "name=A", name="inventaire").rows) == 2


def test_unknown_headers_are_told_from_rows_by_their_columns() -> None:
    rows = "".join(f"{thing};{place}\n" for thing, place in zip("abcdef", "XXYYXY", strict=True))
    assert fields("Truc;Bidule\n" + rows.replace("a;", "Alène;")) == {
        "Truc": "name",
        "Bidule": "more",
    }
    assert fields("Foo;Bar\nScie;12\n") == {"Foo": "name", "Bar": "more"}


# --- which column names the item ------------------------------------------------------------------


def test_the_best_of_several_names_wins_and_the_others_are_kept() -> None:
    text = "Article;Désignation;Nom\n12;Perceuse Optimum;La grosse\n13;Perceuse à main;\n"
    assert fields(text) == {"Article": "more", "Désignation": "more", "Nom": "name"}
    assert [row.name for row in sheet(text).rows] == ["La grosse", "Perceuse à main"]
    assert fields("Article;Libellé\n12;Scie\n13;Tour\n") == {"Article": "more", "Libellé": "name"}


def test_a_description_or_a_model_names_what_has_no_name() -> None:
    assert (
        fields("Category,Description,Qty\nLED,Red LED,2\nLED,Blue LED,3\n")["Description"] == "name"
    )
    _, detail = only("Name,Asset Tag,Model\n,T1,Prusa MK3\n")
    assert (detail["name"], detail["model"]) == ("Prusa MK3", "Prusa MK3")


def test_a_name_is_put_together_where_no_column_has_one() -> None:
    rows = "Bar,Round,Steel,2\nBar,Square,Steel,3\nTube,Round,Brass,1\n" * 3
    found = sheet("Type,Shape,Material,Length\n" + rows)
    assert [row.name for row in found.rows][:3] == [
        "Steel Round Bar",
        "Steel Square Bar",
        "Brass Round Tube",
    ]
    assert found.rows[0].content.detail["more"]["Shape"] == "Round"
    found = sheet("Type;Forme;Matière\n" + "Barre;plate;acier\nTube;rond;laiton\n" * 5)
    assert found.rows[0].name == "Barre plate acier"


def test_a_row_without_a_name_is_refused_with_what_it_says() -> None:
    found = sheet("Nom;Catégorie;Fournisseur\nScie;Bois;\n;Métal;Acme\n")
    assert [(aside.number, aside.reason) for aside in found.rejected] == [
        (3, "names nothing (it says only Catégorie: Métal; Fournisseur: Acme)")
    ]
    assert [row.name for row in found.rows] == ["Scie"]


def test_a_very_long_name_is_cut_and_kept_whole_in_the_description() -> None:
    name = "perceuse " * 40
    _, detail = only(f"Nom;Notes\n{name};à ranger\n")
    assert len(detail["name"]) <= 200 and detail["name"].endswith("…")
    assert detail["description"] == name.strip() + "\nà ranger"


# --- what the other columns mean ------------------------------------------------------------------


def test_numbers_are_understood_and_their_text_is_kept() -> None:
    fact, detail = only(
        "Nom;Quantité;Unité;Prix d'achat;Caution;Tarif horaire\nFil;2,5;kg;12,50 €;20;4 €\n"
    )
    assert fact == {
        "kind": "material", "unit": "kg", "quantity": 2500, "value": 1250, "deposit": 2000,
        "hourly": 400, "terms": ["use"],
    }  # fmt: skip
    assert detail["more"] == {
        "Quantité": "2,5", "Unité": "kg", "Prix d'achat": "12,50 €", "Tarif horaire": "4 €",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["NC", "Reel", "-3", "10 à 12"])
def test_an_unknown_quantity_is_absent_and_its_text_kept(text: str) -> None:
    fact, detail = only(f"Nom;Qté\nScie;{text}\n")
    assert "quantity" not in fact
    assert detail["more"] == {"Qté": text}


@pytest.mark.parametrize(
    ("headers", "cells", "terms", "price"),
    [
        ("Prêt ?", "oui", ["lend"], None),
        ("Prêt ?", "non", None, None),
        ("Empruntable", "x", ["lend"], None),
        ("À vendre", "12 €", ["sell"], 1200),
        ("Prix de vente", "12,50 €", ["sell"], 1250),
        ("Loan fee", "5.00", ["lend"], 500),
        ("Tarif", "10 €", None, 1000),
        ("Conditions", "prêt, vente", ["lend", "sell"], None),
        ("Conditions", "sur place, pas de prêt", ["use"], None),
        ("Location", "15 €", ["lend"], 1500),
        ("Location", "Atelier", None, None),
        ("Notes", "prêt", None, None),
    ],
)
def test_terms_are_claimed_only_where_the_file_says_so(
    headers: str, cells: str, terms: list[str] | None, price: int | None
) -> None:
    fact, _ = only(f"Nom;{headers}\nTente;{cells}\n")
    assert fact.get("terms") == terms
    assert fact.get("price") == price


def test_places_and_tags_add_up_and_other_seconds_keep_their_name() -> None:
    _, detail = only(
        'Nom,Armoire,Casier,Tags,Keywords,Notes,Remarques\nVis,A,3,"bois, métal",inox,n1,n2\n'
    )
    assert detail["place"] == "A / 3"
    assert detail["tags"] == ["bois", "métal", "inox"]
    assert detail["description"] == "n1"
    assert detail["more"] == {"Tags": "bois, métal", "Remarques": "n2"}


def test_kinds_come_from_a_column_the_title_the_option_or_the_noun() -> None:
    def kinds(text: str, **options: Any) -> list[str]:
        return [row.content.fact["kind"] for row in sheet(text, **options).rows]

    assert kinds("Nom;Nature\nA;outil\nB;Consommable\nC;savoir-faire\n") == [
        "tool", "material", "skill",
    ]  # fmt: skip
    assert kinds("name,role\nA,T\nB,M\n") == ["tool", "material"]
    assert kinds("Nom;Qté\nMachin;2\n", name="consommables.csv") == ["material"]
    assert kinds("Matériel;Qté\nTruc;2\n") == ["tool"]  # not the English material
    assert kinds("Nom;Nature\nA;outil\nB;\n", kind="skill") == ["tool", "skill"]
    assert kinds("Nom;x\nVis à bois;1\nPistolet à colle;1\nGlue gun;1\nLot de vis;1\n") == [
        "material", "tool", "tool", "material",
    ]  # fmt: skip


def test_identifiers_made_for_machines_are_no_codes() -> None:
    text = "_id,uuid,name\n64378145743e155d6473e5ca,90794786-f80b-40a1-830f-b27c99111740,Tour\n"
    assert fields(text) == {"_id": "more", "uuid": "more", "name": "name"}


# --- as the person maps them ----------------------------------------------------------------------


def test_a_mapping_wins_over_headers_and_names_columns_by_header_letter_or_number() -> None:
    text = "Nom;Truc;Qté\nA1;Scie;4\nA2;Tour;5\n"
    assert fields(text, "name=Truc", "code=Nom") == {
        "Nom": "code",
        "Truc": "name",
        "Qté": "quantity",
    }
    assert fields(text, "name=b", "ref=1") == {"Nom": "ref", "Truc": "name", "Qté": "quantity"}
    assert fields(text, "quantité=truc", "more=Qté")["Truc"] == "quantity"
    found = sheet("Matériau,Forme\nAcier,plate\n", "name=Forme", "name=Matériau")
    assert [row.name for row in found.rows] == ["plate Acier"]


def test_a_mapped_header_is_found_in_a_file_whose_headers_are_unknown() -> None:
    assert fields("Foo;Bar\nScie;Cave\n", "name=Foo") == {"Foo": "name", "Bar": "more"}


def test_a_mapping_that_cannot_be_is_refused_with_the_choices() -> None:
    with pytest.raises(MappingError, match="no column “Baz”") as refusal:
        sheet("Foo;Bar\nScie;12\n", "name=Baz")
    assert refusal.value.hint == "its columns are “Foo”, “Bar”"
    with pytest.raises(MappingError, match="no field “couleur”") as refusal:
        sheet("Foo;Bar\nScie;12\n", "couleur=Bar")
    assert "name, code, kind" in refusal.value.hint


def test_a_column_that_may_name_people_is_told_and_can_be_left_out() -> None:
    text = "Nom;Emprunteur;Lieu\nScie;Camille D.;Cave\n"
    (aside,) = sheet(text).asides
    assert "may name people" in aside.reason and '--map "skip=Emprunteur"' in aside.reason
    found = sheet(text, "skip=Emprunteur")
    assert found.asides == () and "more" not in found.rows[0].content.detail
    assert sheet("Nom;Emprunteur\nScie;\n").asides == ()


# --- files that cannot be read --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf\r\n", "the file is empty"),
        (b";;;\n;;\n", "holds no words"),
        (b"%PDF-1.7", "this is a PDF"),
        (b"\x89PNG\r\n", "this is an image"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel file"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "protected by a password",
        ),
        (b"# Only a title\n", "lists nothing"),
        (b"Nom;Qt\xc3\xa9\n", "lists nothing"),
    ],
)
def test_a_file_that_cannot_be_read_says_so_in_one_sentence(data: bytes, said: str) -> None:
    with pytest.raises(FileError, match=said) as refusal:
        read_items(data, "inventaire.md" if data.startswith(b"#") else "inventaire.csv")
    assert refusal.value.hint


def test_a_cell_or_a_row_that_is_too_long_is_refused_and_the_others_are_not() -> None:
    found = sheet("Nom;Notes\nA;" + "é" * 33_000 + "\nB;" + "é" * 20_000 + "\nC;x\n")
    assert [row.name for row in found.rows] == ["C"]
    assert [(aside.number, aside.reason[:20]) for aside in found.rejected] == [
        (2, "“Notes” has 33,000 c"),
        (3, "is too long for one "),
    ]
