"""Labels of this lab's items, and what is refused before or besides."""

import io
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest

from fedlab.formats.labels import SHEETS
from fedlab.node.errors import BadRequestError, ConflictError, MissingError
from fedlab.node.service import Service, labels
from tests.node.labs import ask, opened_lab

ODD = 'Étau #[*] $x$ "é" \\ </svg>'


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with opened_lab(tmp_path) as service:
        ask(service, "item_add", code="SAW", change={"name": "Scie", "place": "Bois"})
        ask(service, "item_add", code="VISE", change={"name": ODD, "place": "Métal"})
        ask(service, "item_add", code="GLUE", change={"name": "Colle", "kind": "material"})
        yield service


def test_nothing_is_printed_before_an_address_is_chosen(service: Service) -> None:
    with pytest.raises(ConflictError, match="address first"):
        service.labels.choose()


@pytest.mark.parametrize("typed", ["", "lab.example", "ftp://a", "http://", "javascript:alert(1)"])
def test_what_is_no_address_is_refused(service: Service, typed: str) -> None:
    with pytest.raises(BadRequestError):
        service.labels.set_address(typed)
    assert service.labels.address().address == ""


def test_labels_are_chosen_by_code_kind_or_place(service: Service) -> None:
    service.labels.set_address(" http://fedlab.local:7390/ ")
    choose = service.labels.choose
    assert [one.code for one in choose()] == ["GLUE", "SAW", "VISE"]
    assert [one.code for one in choose(kind="material")] == ["GLUE"]
    assert [one.code for one in choose(place="Métal")] == ["VISE"]
    assert [one.code for one in choose("vise, saw")] == ["VISE", "SAW"]
    lab = service.opened.lab.upper()
    assert choose("saw")[0].url == f"HTTP://FEDLAB.LOCAL:7390/I/{lab}/SAW"
    with pytest.raises(BadRequestError, match="NOPE"):
        choose("SAW NOPE")


def test_a_retired_item_has_no_label(service: Service) -> None:
    service.labels.set_address("http://fedlab.local:7390")
    ask(service, "item_retire", item="SAW")
    assert "SAW" not in [one.code for one in service.labels.choose()]
    with pytest.raises(BadRequestError):
        service.labels.choose("SAW")


def test_too_many_are_refused(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    service.labels.set_address("http://fedlab.local:7390")
    monkeypatch.setattr(labels, "LABELS_MAX", 2)
    with pytest.raises(BadRequestError, match="3 labels"):
        service.labels.choose()


@pytest.mark.parametrize("sheet", SHEETS)
def test_the_pdf_is_tagged_and_says_names_as_they_are(service: Service, sheet: str) -> None:
    service.labels.set_address("http://fedlab.local:7390")
    pdf = pypdf.PdfReader(io.BytesIO(service.labels.pdf(sheet, start=SHEETS[sheet].labels)))
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "fr"
    # The first goes on the last place of the sheet begun before; the others on new ones.
    assert len(pdf.pages) == (3 if sheet == "DK62" else 2)
    page = pdf.pages[0].mediabox
    width, height = (float(side) / 72 * 2540 for side in (page.width, page.height))
    assert (round(width), round(height)) == SHEETS[sheet].page
    said = "".join(text for one in pdf.pages for text in one.extract_text().split())
    assert "".join(ODD.split()) in said and "SAW" in said and "Colle" in said


def test_without_typst_the_way_out_is_said(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.labels.set_address("http://fedlab.local:7390")
    monkeypatch.setattr(labels, "can_typeset", lambda: False)
    with pytest.raises(MissingError) as told:
        service.labels.pdf("L7160")
    assert "fedlab[pdf]" in told.value.hint
