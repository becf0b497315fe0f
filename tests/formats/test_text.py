"""Encodings as files come in, and cells as they are kept and compared."""

import pytest

from fedlab.formats.tables import FileError
from fedlab.formats.text import clean, decode, fold, near


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_a_text_is_read_in_the_encodings_that_spreadsheets_write(encoding: str) -> None:
    data = "Nom;Qté\r\nÉtau;1\rŒillet;2\n".encode(encoding)
    if encoding == "utf-16-le":
        data = b"\xff\xfe" + data
    assert decode(data) == "Nom;Qté\nÉtau;1\nŒillet;2\n"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfe\x00\x00N\x00\x00\x00", "UTF-32"),
        (b"\xff\xfeN\x00o", "UTF-16 and is damaged"),
        (b"Nom\x00", "zero bytes"),
        (b"caf\x81", "neither UTF-8"),
        ("é;è\nà".encode() + b"\xff", "line 2"),
    ],
)
def test_what_is_no_text_is_refused_with_the_way_out(data: bytes, said: str) -> None:
    with pytest.raises(FileError, match=said) as refusal:
        decode(data)
    assert "save it again" in refusal.value.hint


def test_a_cell_is_kept_in_one_spelling() -> None:
    assert clean("  e\u0301tau \u00a0 à\u202fpied\r\n\r\n bleu\x07 \ufeff") == "étau à pied\nbleu"
    assert clean("a\u202eb\ud800") == "ab\ufffd"


def test_headers_are_compared_without_accents_case_or_punctuation() -> None:
    assert fold("Qté") == fold("QTE") == fold("qte :") == "qte"
    assert fold("partUnit") == fold("part_unit") == fold("Part-unit") == "part unit"
    assert fold("N° de série") == "no de serie"
    assert fold("Mfr part#") == fold("Mfr. part #")


def test_one_slip_is_forgiven_and_two_in_a_long_word() -> None:
    assert near("catgorie", "categorie") and near("cateogrie", "categorie")
    assert near("emplacemant", "emplacement") and near("emplacmant", "emplacement")
    assert not near("nim", "nom") and not near("category", "factory")
