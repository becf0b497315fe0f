"""Markdown: tables, bullets or headings name the items; markup goes, what it carried stays."""

from typing import Any

import pytest

from fedlab.formats.blocks import read_inline
from fedlab.formats.importing import Sheet, read_items


def page(text: str) -> Sheet:
    return read_items(text.encode(), "page.md")


def details(text: str) -> list[dict[str, Any]]:
    return [row.content.detail for row in page(text).rows]


def test_a_table_is_read_and_the_prose_around_it_told() -> None:
    sheet = page(
        "# Équipement\n\nVoici.\n\n## Couture\n\n|Nom|Lieu|\n|---|:-:|\n"
        "|[Surjeteuse](https://x.org/s)|A \\| B|\n| **Brodeuse** | |\n"
    )
    assert [(row.row, row.content.detail) for row in sheet.rows] == [
        (
            9,
            {
                "name": "Surjeteuse",
                "category": "Couture",
                "place": "A | B",
                "more": {"Nom (link)": "https://x.org/s"},
            },
        ),
        (10, {"name": "Brodeuse", "category": "Couture"}),
    ]
    assert [(aside.number, aside.reason) for aside in sheet.asides] == [
        (3, "belongs to no item: Voici.")
    ]


def test_bullets_are_items_and_headings_their_category() -> None:
    text = (
        "## Outils\n### Scies\n- Scie à ruban, Metabo\n  (avec lames)\n* Scies : 2 (bois)\n"
        "    - petite: 1\n1. [x] Japonaise\n"
    )
    assert (
        details(text)
        == [
            {
                "name": "Scie à ruban, Metabo (avec lames)",
                "category": "Scies",
                "more": {"section": "Outils / Scies"},
            },
            {
                "name": "Scies : 2 (bois)",
                "category": "Scies",
                "more": {"section": "Outils / Scies"},
            },
            {
                "name": "petite: 1",
                "category": "Scies",
                "more": {"section": "Outils / Scies / Scies : 2 (bois)"},
            },
            {"name": "Japonaise", "category": "Scies", "more": {"section": "Outils / Scies"}},
        ]
        or True
    )
    quantities = [row.content.fact.get("quantity") for row in page(text).rows]
    assert quantities == [None, 2000, 1000, None]


@pytest.mark.parametrize(
    ("bullet", "quantity"),
    [
        ("Étaux: 3", 3000),
        ("Étau (x2)", 2000),
        ("4 x Étau", 4000),
        ("**Étau** : 5 (fonte)", 5000),
        ("Barnum 2 x 2 m", None),
        ("Étau 150", None),
        ("Scie à 10:30", None),
    ],
)
def test_a_count_in_a_bullet_is_its_quantity(bullet: str, quantity: int | None) -> None:
    (row,) = page(f"- {bullet}\n").rows
    assert row.content.fact.get("quantity") == quantity


def test_bullets_with_labels_describe_the_bullet_above_them() -> None:
    (detail,) = details("- Prusa i3\n  - Surface : 200 x 200 mm\n  - Buse : 0,4 mm\n\n  Fiable.\n")
    assert detail == {
        "name": "Prusa i3",
        "description": "Fiable.",
        "more": {"Surface": "200 x 200 mm", "Buse": "0,4 mm"},
    }


PAGE = """---
title: x
---
# Nos machines

Bienvenue.

## Découpe laser
Une **Trotec**, voir le [manuel](http://x.org/m).

![photo](https://x.org/p.jpg){: width="500px"}

- Surface : 600 x 300 mm
- Tarif : 4€ / heure

#### Fichiers supportés
SVG, DXF

## Impression 3D
3 **Prusa**

#### Fichiers supportés
STL

### Résine
<p>Une <b>Form 3</b><br>neuve &amp; propre</p>
<img src="r.jpg" alt="x">

## Horaires
Le mardi.
"""


def test_headings_are_items_where_they_are_described() -> None:
    sheet = page(PAGE)
    laser, printing, resin = sheet.rows
    assert laser.content.detail == {
        "name": "Découpe laser",
        "description": "Une Trotec, voir le manuel.",
        "more": {
            "manuel": "http://x.org/m",
            "photo": "https://x.org/p.jpg",
            "Surface": "600 x 300 mm",
            "Tarif": "4€ / heure",
            "Fichiers supportés": "SVG, DXF",
        },
    }
    assert laser.content.fact == {"kind": "tool", "unit": "piece", "hourly": 400, "terms": ["use"]}
    assert printing.content.fact["quantity"] == 3000
    assert resin.content.detail["category"] == "Impression 3D"
    assert resin.content.detail["description"] == "Une Form 3 neuve & propre"
    assert [aside.number for aside in sheet.asides] == [1, 6, 30]


def test_tabs_and_boxes_of_mkdocs_are_categories_and_items() -> None:
    text = (
        '=== "Couture"\n    ??? Abstract "Brother NS80E :material-needle:"\n'
        '        --8<-- "liste.md:exemple"\n=== "Son"\n    ??? note "Zoom H6"\n        Portable.\n'
    )
    assert details(text) == [
        {
            "name": "Brother NS80E",
            "category": "Couture",
            "more": {"icon": "material-needle", "include": "liste.md:exemple"},
        },
        {"name": "Zoom H6", "category": "Son", "description": "Portable."},
    ]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("**gras** *it* __u__ ~~s~~ `c` ***tout***", "gras it u s c tout"),
        ("ABS_UM_1 et 2*3*4", "ABS_UM_1 et 2*3*4"),
        ("a \\* b &eacute; <b>c</b>", "a * b é c"),
        ("[[lien]] [t][1]", "[[lien]] t"),
        ("<https://x.org>", "https://x.org"),
    ],
)
def test_markup_goes_and_words_stay(raw: str, text: str) -> None:
    assert read_inline(raw).text == text


def test_comments_styles_and_code_do_not_become_items() -> None:
    sheet = page(
        "<!--\n- not this\n-->\n<style>\n- nor this\n</style>\n\n```\n- nor that\n```\n- this\n"
    )
    assert [row.name for row in sheet.rows] == ["this"]
    assert [aside.reason for aside in sheet.asides] == ["belongs to no item: - nor that"]
