"""The search index of a node: fed with items, asked with queries.

One thread feeds (`apply`, `commit`, `clear`), or one of another process, which is then followed
(`follow`); any thread may ask meanwhile, and sees what was committed last. The index is derived:
whenever its form or the thesaurus is another than it was made with, it is dropped, `mark` is empty,
and whoever feeds it begins again.
"""

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import tantivy

from fedlab.inventory.catalogue import ItemView
from fedlab.inventory.spelling import Speller
from fedlab.inventory.thesaurus import Thesaurus
from fedlab.inventory.words import Word
from fedlab.node.search.asking import Answer, FreeItems, Query, Whereabouts
from fedlab.node.search.documents import FORMAT, DocumentMaker, make_schema
from fedlab.node.search.finding import Finder
from fedlab.node.search.nearness import Distances
from fedlab.node.search.questions import Planner

# tantivy asks for 15 MB a thread at least; twice that halves the merging, and is given back.
WRITER_HEAP_BYTES: Final = 30_000_000
# Items are read one by one, all over the index: tantivy unpacks a block for each, and keeps a
# hundred of every segment. With its 16 KiB one takes twice as long to read, and 500 questions to
# 100,000 items leave 9 MB more in memory; a seventh more on disk, and 4 MB of that mapped, is the
# price.
BLOCK_BYTES: Final = 2048
_STATE: Final = "state.json"
_WORDS: Final = "words.txt"
# tantivy raises ValueError for whatever the system refuses; only its words tell the number.
_REFUSED: Final = re.compile(r"\b(?:os error |Os \{ code: )(\d+)")
# And where another process has the writer: one that a killed node has left, for a moment.
_LOCKED: Final = "LockBusy"


class _State(msgspec.Struct):
    """What an index was made of, and how far its feeder had come."""

    made_of: str
    mark: str = ""


class SearchIndex:
    """An index in a folder of its own."""

    def __init__(self, folder: Path, thesaurus: Thesaurus) -> None:
        """Open the index, or begin a new one; raises OSError if the folder cannot be written."""
        self._folder = folder
        self._thesaurus = thesaurus
        self._made_of = hashlib.sha256(f"{FORMAT}\n{thesaurus.digest}".encode()).hexdigest()
        self._maker = DocumentMaker(thesaurus)
        self._writer: Any = None
        self._waiting: set[str] = set()
        self._distances = Distances()
        with self._writing():
            self._open()

    @property
    def thesaurus(self) -> Thesaurus:
        """What the index was made with."""
        return self._thesaurus

    def _open(self) -> None:
        state = self._read_state()
        if state is None or state.made_of != self._made_of:
            shutil.rmtree(self._folder, ignore_errors=True)
            state = _State(self._made_of)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._schema = make_schema()
        try:
            self._index = _open_or_begin(self._folder, self._schema)
        except ValueError:  # damaged: what it is made from is elsewhere
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir(parents=True, exist_ok=True)
            state = _State(self._made_of)
            self._index = _open_or_begin(self._folder, self._schema)
        self._index.register_tokenizer(
            "whitespace", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        )
        self._write_state(state)
        self._speller = Speller()
        self._speller.add(sorted(self._thesaurus.spellings))
        self._words_read = 0
        self._new_words: list[str] = []
        self._learn()
        self._planner = Planner(self._thesaurus, self._speller)

    @property
    def mark(self) -> str:
        """What the feeder left at its last commit; empty if the index is new."""
        return self._state.mark

    @property
    def count(self) -> int:
        """How many items can be found."""
        return int(self._index.searcher().num_docs)

    def apply(self, upserts: Iterable[ItemView], removed: Iterable[str] = ()) -> None:
        """Take in items, in place of what was known of them, and take others out.

        Raises OSError where the disk refuses; what was not committed is then lost.
        """
        with self._writing():
            self._apply(upserts, removed)

    def _apply(self, upserts: Iterable[ItemView], removed: Iterable[str]) -> None:
        if self._writer is None:
            self._writer = self._index.writer(heap_size=WRITER_HEAP_BYTES, num_threads=1)
        writer = self._writer
        searcher = self._index.searcher()
        is_empty = searcher.num_docs == 0
        for item in removed:
            writer.delete_documents_by_term("id", item)
        words: set[str] = set()
        for view in upserts:
            document, reading = self._maker.make(view)
            # Deleting costs as much as half an item: only what may be there is deleted.
            if view.item in self._waiting or (not is_empty and searcher.doc_freq("id", view.item)):
                writer.delete_documents_by_term("id", view.item)
            self._waiting.add(view.item)
            writer.add_document(document)
            words.update([word.folded for word in reading.name.main])
            words.update([word.folded for word in reading.labels])
        self._new_words += self._speller.add(sorted(words))

    def commit(self, mark: str = "") -> None:
        """Make what was applied findable, and remember the feeder's mark with it.

        Raises OSError where the disk refuses; what was not committed is then lost.
        """
        with self._writing():
            self._keep_words()
            if self._writer is not None:
                self._writer.commit()
            self._waiting.clear()
            self._write_state(_State(self._made_of, mark))
            self._index.reload()

    def follow(self) -> None:
        """See what another process has committed."""
        if (state := self._read_state()) is not None:
            self._state = state
        self._learn()
        self._index.reload()

    def _keep_words(self) -> None:
        """Write down the words that are new, for another start and for who follows."""
        if self._new_words:
            self._learn()  # what another process may have written
            line = (" ".join(self._new_words) + "\n").encode()
            with (self._folder / _WORDS).open("ab") as file:
                file.truncate(self._words_read)  # what a full disk has cut short
                file.write(line)
            self._words_read += len(line)
            self._new_words = []

    def _learn(self) -> None:
        """Learn the words that were written down since, line by line."""
        with suppress(FileNotFoundError), (self._folder / _WORDS).open("rb") as file:
            file.seek(self._words_read)
            whole = file.read().rpartition(b"\n")[0]
            self._words_read += len(whole) + 1 if whole else 0
            self._speller.add(whole.decode("utf-8", "replace").split())

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Say what the system refused as OSError, and drop the writer that it broke."""
        try:
            yield
        except ValueError as exc:
            refused = _REFUSED.search(str(exc))
            if refused is None and _LOCKED not in str(exc):
                raise
            self._drop_writer()
            number = int(refused[1]) if refused else errno.EBUSY
            raise OSError(number, os.strerror(number), str(self._folder)) from exc
        except OSError:
            self._drop_writer()
            raise

    def _drop_writer(self) -> None:
        if self._writer is not None:
            with suppress(ValueError):  # a killed writer can do nothing more
                self._writer.rollback()
        self._writer = None
        self._waiting.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.close()
        (self._folder / _STATE).unlink(missing_ok=True)
        self._open()

    def close(self) -> None:
        """Let go of the folder; what was not committed is lost."""
        if self._writer is not None:
            self._writer.rollback()
            self._writer.wait_merging_threads()
            self._writer = None
        self._waiting.clear()

    def search(
        self,
        query: Query,
        *,
        labs: Mapping[str, Whereabouts] | None = None,
        free: FreeItems | None = None,
    ) -> Answer:
        """Return the best hits; `labs` and `free` are asked for distance, freshness and dates."""
        searcher = self._index.searcher()
        plan = self._planner.plan(query.text, _Words(searcher), unfinished=query.prefix)
        finder = Finder(self._schema, searcher, self._thesaurus)
        labs = {} if labs is None else labs
        return finder.find(query, plan, labs, self._distances.of(labs, query.near), free)

    def _read_state(self) -> _State | None:
        try:
            return msgspec.json.decode((self._folder / _STATE).read_bytes(), type=_State)
        except (OSError, msgspec.DecodeError):
            return None

    def _write_state(self, state: _State) -> None:
        self._state = state
        fresh = self._folder / f"{_STATE}.new"
        fresh.write_bytes(msgspec.json.encode(state))
        fresh.replace(self._folder / _STATE)


def _open_or_begin(folder: Path, schema: tantivy.Schema) -> tantivy.Index:
    settings = folder / "meta.json"
    is_new = not settings.exists()
    index = tantivy.Index(schema, path=str(folder))
    if is_new:  # tantivy takes the size from this file only
        meta = msgspec.json.decode(settings.read_bytes())
        meta["index_settings"]["docstore_blocksize"] = BLOCK_BYTES
        settings.write_bytes(msgspec.json.encode(meta))
        index = tantivy.Index(schema, path=str(folder))
    return index


class _Words:
    """The words of the index as a searcher sees them."""

    def __init__(self, searcher: Any) -> None:
        self._searcher = searcher

    def is_used(self, word: Word, *, exactly: bool = False) -> bool:
        searcher = self._searcher
        return bool(
            searcher.doc_freq("name", word.stem)
            or (not exactly and searcher.doc_freq("text", word.root))
        )

    def beginning(self, start: str, most: int) -> Sequence[str]:
        return [term for term, _ in self._searcher.terms_with_prefix("name", start, limit=most)]
