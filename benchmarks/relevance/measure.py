"""Compares the relevance of fedlab's search with that of plain engines on judged queries."""

import argparse
import csv
import hashlib
import json
import math
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent)]

import tantivy
from report import write_section

from fedlab.inventory.catalogue import ItemView
from fedlab.node.search import Query, SearchIndex, load_thesaurus

RANKS = 10
Grades = dict[str, int]
Search = Callable[[str], list[str]]


def gain(grades: Iterable[int]) -> float:
    """Return the discounted gain of grades in the order of their ranks."""
    return sum((2**grade - 1) / math.log2(rank + 1) for rank, grade in enumerate(grades, start=1))


def ndcg(found: list[str], grades: Grades) -> float:
    """Return nDCG@10 of the items found, 0 to 1."""
    best = gain(sorted(grades.values(), reverse=True)[:RANKS])
    return gain(grades.get(item, 0) for item in found[:RANKS]) / best


def read_items(folder: Path) -> list[ItemView]:
    """Return the items of a folder; fields that are absent stay empty."""
    items = []
    for line in (folder / "items.jsonl").read_text("utf-8").splitlines():
        told = json.loads(line)
        lab, _, code = told["item"].partition("/")
        known = {name: told[name] for name in ItemView.__struct_fields__ if name in told}
        base = {"lab": lab, "lab_name": lab, "code": code, "kind": "tool"}
        lists = {name: tuple(told.get(name, ())) for name in ("tags", "terms")}
        more = {str(key): str(value) for key, value in told.get("more", {}).items()}
        fields = {**base, **known, **lists, "more": more, "updated_at": 0, "seen_at": 0}
        items.append(ItemView(**fields))
    return items


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a TSV file by the names of its header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def text_of(item: ItemView) -> str:
    """Return all words of an item."""
    parts = [item.name, item.brand, item.model, item.category, *item.tags, item.description]
    parts += [item.place, item.serial, item.condition, item.ref, *item.more.values()]
    return " ".join(filter(None, parts))


def ours(items: list[ItemView], folder: Path) -> Search:
    """fedlab's search."""
    index = SearchIndex(folder, load_thesaurus())
    index.apply(items)
    index.commit()

    def search(query: str) -> list[str]:
        return [hit.item for hit in index.search(Query(text=query, limit=RANKS)).hits]

    return search


def fts5(items: list[ItemView], folder: Path) -> Search:
    """SQLite FTS5: folded accents, Porter's stemmer, any word matches, bm25 with the name first."""
    db = sqlite3.connect(folder / "fts.db")
    db.execute(
        "create virtual table found using fts5(item unindexed, name, text,"
        " tokenize='porter unicode61 remove_diacritics 2')"
    )
    rows = [(item.item, item.name, text_of(item)) for item in items]
    db.executemany("insert into found values (?, ?, ?)", rows)

    def search(query: str) -> list[str]:
        words = ['"' + word.replace('"', "") + '"' for word in query.split()]
        sql = "select item from found where found match ? order by bm25(found, 0, 3, 1) limit ?"
        return [row[0] for row in db.execute(sql, (" OR ".join(words), RANKS))]

    return search


def bare(items: list[ItemView], folder: Path) -> Search:
    """tantivy with its own parser: folded accents, French stemmer, the name first."""
    filters = (
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stemmer("french"),
    )
    analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for one in filters:
        analyzer = analyzer.filter(one)
    schema = (
        tantivy.SchemaBuilder()
        .add_text_field("item", stored=True, tokenizer_name="raw")
        .add_text_field("name", tokenizer_name="fold")
        .add_text_field("text", tokenizer_name="fold")
        .build()
    )
    index = tantivy.Index(schema)
    index.register_tokenizer("fold", analyzer.build())
    writer = index.writer(15_000_000, 1)
    for item in items:
        writer.add_document(tantivy.Document(item=item.item, name=item.name, text=text_of(item)))
    writer.commit()
    index.reload()

    def search(query: str) -> list[str]:
        parsed, _ = index.parse_query_lenient(query, ["name", "text"], {"name": 3.0})
        searcher = index.searcher()
        hits = searcher.search(parsed, RANKS).hits
        return [searcher.doc(address).get_first("item") for _, address in hits]

    return search


def scores(search: Search, queries: list[dict[str, str]], judged: dict[str, Grades]) -> list[float]:
    """Return nDCG@10 of each query that has a relevant item."""
    return [
        ndcg(search(row["query"]), judged[row["query_id"]])
        for row in queries
        if judged.get(row["query_id"])
    ]


def measure(folder: Path) -> list[Any]:
    """Return one row of the table."""
    items, queries = read_items(folder), read_rows(folder / "queries.tsv")
    judged: dict[str, Grades] = {}
    for row in read_rows(folder / "judgments.tsv"):
        if int(row["grade"]) > 0:
            judged.setdefault(row["query_id"], {})[row["item"]] = int(row["grade"])
    row = [folder.name, len(items), len(judged)]
    for engine in (fts5, bare, ours):
        with tempfile.TemporaryDirectory() as scratch:
            found = scores(engine(items, Path(scratch)), queries, judged)
            row.append(f"{statistics.mean(found):.3f}")
    return row


def main() -> None:
    """Measure every folder named, or the held-out one, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=[HERE / "heldout"])
    parser.add_argument("--dry", action="store_true", help="do not write RESULTS.md")
    options = parser.parse_args()
    head = ["set", "items", "queries", "FTS5 bm25", "tantivy", "fedlab"]
    rows = [measure(folder) for folder in options.folders]
    for row in (head, *rows):
        sys.stdout.write("  ".join(str(cell) for cell in row) + "\n")
    if not options.dry:
        digest = hashlib.sha256((HERE.parents[1] / "fedlab/inventory/thesaurus.tsv").read_bytes())
        notes = (
            "nDCG@10; `relevance/README.md` has the formats and the formula. Nothing was tuned on"
            f" these queries. Thesaurus {digest.hexdigest()[:8]}."
        )
        write_section("Relevance", [head, *rows], notes)


if __name__ == "__main__":
    main()
