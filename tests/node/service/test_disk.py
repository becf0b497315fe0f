"""A disk that is full while the search index is written: nothing signed is called failed."""

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tantivy

from fedlab.node.errors import TryLaterError, explain
from fedlab.node.service import Service
from tests.node.labs import ask, opened_lab

# The words of tantivy 0.27, which raises ValueError for whatever the system refuses.
FULL = "An IO error occurred: 'No space left on device (os error 28) at path \"/data/index/.tmp\"'"


class FullIndex:
    """A tantivy index on a full disk: it still answers, and refuses every writer."""

    def __init__(self, index: Any) -> None:
        self._index = index

    def writer(self, **_: Any) -> Any:
        raise ValueError(FULL)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Service]:
    with opened_lab(tmp_path, "Atelier") as service:
        service.opened.open_index()
        ask(service, "item_add", change={"name": "Enclume"})
        yield service


def found(lab: Service, text: str) -> list[str]:
    return [hit["name"] for hit in ask(lab, "search", text=text)["hits"]]


def test_an_item_is_kept_when_the_index_cannot_be_written(
    lab: Service, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    index = lab.opened.index
    with monkeypatch.context() as full:
        index.close()  # the writer that is open already
        full.setattr(index, "_index", FullIndex(index._index))
        ask(lab, "item_add", change={"name": "Perceuse"})
        assert [item["name"] for item in ask(lab, "item_list")["items"]] == ["Enclume", "Perceuse"]
        assert "No space left on device" in caplog.text
    ask(lab, "item_add", change={"name": "Tour à bois"})
    assert found(lab, "perceuse") == ["Perceuse"]
    assert found(lab, "tour à bois") == ["Tour à bois"]


def test_a_full_disk_is_told_as_one_and_not_as_a_defect(
    lab: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = lab.opened.index
    index.close()
    monkeypatch.setattr(index, "_index", FullIndex(index._index))
    with pytest.raises(OSError) as raised:
        index.apply([])
    assert raised.value.errno == errno.ENOSPC
    told = explain(raised.value)
    assert isinstance(told, TryLaterError)
    assert told.code == "disk_full"


def test_a_defect_of_the_index_stays_one(lab: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise ValueError("a bug")

    index = lab.opened.index
    index.close()
    broken = FullIndex(index._index)
    broken.writer = refuse  # type: ignore[method-assign]
    monkeypatch.setattr(index, "_index", broken)
    with pytest.raises(ValueError, match="a bug"):
        index.apply([])


def test_tantivy_still_words_it_so(tmp_path: Path) -> None:
    """The number is read from its words: this fails if a new version words them otherwise."""
    schema = tantivy.SchemaBuilder().build()
    (tmp_path / "meta.json").mkdir()
    with pytest.raises(ValueError, match=r"\bOs \{ code: 21\b"):
        tantivy.Index(schema, path=str(tmp_path))
