"""The first start: what somebody has told of a lab that is not founded yet, kept to be resumed.

    DIR/setup-code   eight letters and digits that prove that one can read this machine's console
    DIR/setup.json   name, place and words of the lab to be; gone once it is founded

No lab exists before the recovery words are on paper: they are made first, three of them are asked
back, and only then the lab is founded with just these. Both files are for their owner's eyes.
It is founded in a folder of its own inside, and moved into place, the store last: a founding that
is cut short leaves a folder without a lab, where the set-up goes on.
"""

import os
import secrets
import shutil
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from fedlab.node.config import Folder
from fedlab.node.errors import ConfigurationError, ConflictError, TryLaterError
from fedlab.node.files import read_file, write_durably
from fedlab.node.founding import (
    ENTROPY_BYTES,
    FoundedAnswer,
    can_found,
    found,
    recovery_words,
)
from fedlab.node.keeping.restoring import STAGE as RESTORE_STAGE
from fedlab.node.keeping.restoring import move_into_place
from fedlab.protocol.limits import LAB_NAME_CHARS_MAX, OWN_FILE_BYTES_MAX

# Without 0 O 1 I L U, which are mistaken for each other; 30 letters, so a code is 39 bits.
CODE_LETTERS: Final = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
CODE_CHARS: Final = 8
# A person mistypes a few times; who guesses waits, and needs thousands of years.
FREE_TRIES: Final = 5
WAIT_S: Final = 2.0
WORDS_ASKED: Final = 3
_STAGE: Final = "founding.tmp"


class Plan(msgspec.Struct):
    """What is known of the lab to be; `entropy` is what its recovery words are made of, in hex."""

    lang: str = "fr"
    name: str = ""
    address: str = ""
    place: str = ""  # as it was typed
    lat: float | None = None
    lon: float | None = None
    kind: str = ""
    form: str = ""
    network: str = "fedlab"
    entropy: str = ""
    asked: list[int] = []  # places of the words that are asked back, from 0
    written: bool = False

    @property
    def step(self) -> str:
        """The page to go on with."""
        if not self.name:
            return "lab"
        return "check" if self.written else "words"

    def words(self) -> list[str]:
        """Return the twelve words."""
        return recovery_words(bytes.fromhex(self.entropy), self.lang)

    def wrong(self, typed: Sequence[str]) -> list[int]:
        """Return which of the words asked back were typed wrongly, as places among those asked."""
        words = self.words()
        pairs = enumerate(zip(self.asked, typed, strict=True))
        return [at for at, (place, word) in pairs if plain(word) != plain(words[place])]


class CodeGate:
    """Lets in whoever knows the code, and slows down whoever guesses; `now` gives seconds."""

    def __init__(self, code: str, now: Callable[[], float]) -> None:
        self.code = code
        self._now = now
        self._wrong = 0
        self._next_at = 0.0

    def is_code(self, typed: str) -> bool:
        """Say whether this is the code; raise TryLaterError for guesses that come too quickly."""
        if self._now() < self._next_at:
            raise TryLaterError("too many wrong codes", "wait a few seconds", code="slow_down")
        if matches(typed, self.code):
            self._wrong = 0
            return True
        self._wrong += 1
        if self._wrong >= FREE_TRIES:
            self._next_at = self._now() + WAIT_S
        return False


class FirstStart:
    """The plan and the code of one folder, on disk after every step."""

    def __init__(self, folder: Folder, now: Callable[[], float]) -> None:
        self.folder = folder
        folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.gate = CodeGate(keep_code(folder), now)
        self.plan = self._load()

    @property
    def may_found(self) -> bool:
        """Whether a new lab may come into this folder; not where one's keys say that it has spoken.

        Who has told of a lab to be was let do so: keys are then of a founding that was cut short.
        """
        return bool(self.plan.name) or can_found(self.folder)

    @property
    def code(self) -> str:
        """The set-up code."""
        return self.gate.code

    def _load(self) -> Plan:
        path = self.folder.setup
        if not path.exists():
            return Plan()
        try:
            return msgspec.json.decode(read_file(path, OWN_FILE_BYTES_MAX), type=Plan)
        except msgspec.MsgspecError as exc:
            raise ConfigurationError(
                f"{path} cannot be read ({exc})", "delete it: the set-up then begins again"
            ) from exc

    def keep(self) -> None:
        """Put the plan on disk."""
        write_durably(self.folder.setup, msgspec.json.encode(self.plan))

    def name_lab(self, plan: Plan) -> None:
        """Keep what the lab is; its words stay, unless they are to be in another language."""
        assert plan.name and len(plan.name) <= LAB_NAME_CHARS_MAX
        before = self.plan
        plan.entropy = before.entropy or os.urandom(ENTROPY_BYTES).hex()
        plan.asked = before.asked or _some_places()
        plan.written = before.written and plan.lang == before.lang
        self.plan = plan
        self.keep()

    def words_written(self) -> None:
        """Note that the words are on paper: they are asked back next."""
        self.plan.written = True
        self.keep()

    def show_words_again(self) -> None:
        """Go back to the words."""
        self.plan.written = False
        self.keep()

    def found(self) -> FoundedAnswer:
        """Found the lab with the words that are on paper; raise ConflictError if there is one."""
        if self.folder.store.exists():
            raise ConflictError("this folder holds a lab by now", "start fedlab again")
        plan = self.plan
        sort = {"kind": plan.kind, "form": plan.form}
        stage = Folder(self.folder.path / _STAGE)
        shutil.rmtree(stage.path, ignore_errors=True)
        try:
            answer = found(
                stage,
                name=plan.name,
                network=plan.network,
                lat=plan.lat,
                lon=plan.lon,
                lang=plan.lang,
                address=plan.address,
                fact={name: word for name, word in sort.items() if word},
                entropy=bytes.fromhex(plan.entropy),
            )
            move_into_place(stage, self.folder)
        finally:
            shutil.rmtree(stage.path, ignore_errors=True)
        tidy(self.folder)
        return answer


def tidy(folder: Folder) -> None:
    """Throw away what a first start has left, once there is a lab."""
    for path in (folder.setup, folder.uploaded_backup, part_of(folder.uploaded_backup)):
        path.unlink(missing_ok=True)
    for name in (_STAGE, RESTORE_STAGE):
        shutil.rmtree(folder.path / name, ignore_errors=True)


def part_of(path: Path) -> Path:
    """Return where a file stands of which not all has come yet."""
    return path.with_name(path.name + ".part")


def keep_code(folder: Folder) -> str:
    """Return the folder's set-up code, written there now if there is none.

    A code that somebody put there beforehand is taken: that is how a card is prepared.
    """
    path = folder.setup_code
    if path.exists():
        code = code_letters(read_file(path, OWN_FILE_BYTES_MAX).decode("ascii", "replace"))
        if len(code) >= CODE_CHARS:
            return code
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_CHARS))
    write_durably(path, f"{spaced(code)}\n".encode())
    return code


def code_letters(text: str) -> str:
    """Return a code as it is compared: capitals and digits alone, at most 64."""
    return "".join(c for c in text[:256].upper() if c.isascii() and c.isalnum())[:64]


def spaced(code: str) -> str:
    """Return a code as it is shown, in groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def matches(typed: str, code: str) -> bool:
    """Say whether a typed code is the right one, in a time that tells nothing."""
    return secrets.compare_digest(code_letters(typed).encode(), code.encode())


def plain(word: str) -> str:
    """Return a word as it is compared: people type without capitals or accents."""
    parts = unicodedata.normalize("NFKD", word.strip().casefold())
    return "".join(c for c in parts if not unicodedata.combining(c))


def _some_places() -> list[int]:
    return sorted(secrets.SystemRandom().sample(range(12), WORDS_ASKED))
