"""The answers of one connection: made one at a time, in the order asked, as credit allows.

Nothing is queued but the requests themselves, and those are counted: a slow peer costs one frame.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from itertools import groupby

from .checkpoint import Head
from .errors import RemoteProtocolError
from .frames import (
    Blob,
    Details,
    Frame,
    Package,
    Proof,
    Want,
    WantDetails,
    WantProof,
    encode_frame,
)
from .limits import (
    BLOBS_ASKED_MAX,
    BLOCK_ENTRIES,
    CREDIT_BYTES,
    CREDIT_BYTES_MAX,
    DETAILS_FRAME_BYTES_MAX,
    REQUESTS_MAX,
    WANT_ENTRIES_MAX,
)
from .merkle import Tree, consistency_proof, subtree_consistency_proof
from .replica import LogKey, LogReader

Request = Want | WantDetails | WantProof

# What a details frame costs besides its blobs: types, lengths, an index each.
DETAILS_OVERHEAD_BYTES = 64
BLOB_OVERHEAD_BYTES = 16


class Server:
    """Serves the logs that were announced; `announced` maps them to the largest head told.

    Photos are looked for by whoever drives this, and given: meanwhile the rest goes on.
    """

    def __init__(
        self,
        reader: LogReader,
        announced: Mapping[LogKey, Head],
    ) -> None:
        self._photos: deque[Blob] = deque()  # that were found, or not
        self._photos_asked = 0
        self._reader = reader
        self._announced = announced
        self._requests: deque[Request] = deque()
        self._answers: Iterator[Frame] = iter(())
        self._ready: bytes | None = None  # a frame that waits for credit
        self._credit = CREDIT_BYTES

    def credit(self, size: int) -> None:
        """Take credit from the peer; raises RemoteProtocolError if it is absurd."""
        self._credit += size
        if self._credit > CREDIT_BYTES_MAX:
            raise RemoteProtocolError(f"a credit of more than {CREDIT_BYTES_MAX} bytes")

    def ask_photo(self) -> None:
        """Count one that is asked for; raises RemoteProtocolError for one too many."""
        if self._photos_asked >= BLOBS_ASKED_MAX:
            raise RemoteProtocolError(f"more than {BLOBS_ASKED_MAX} photos are asked for")
        self._photos_asked += 1

    def give_photo(self, name: bytes, data: bytes) -> None:
        """Answer one that was asked for; with no bytes where it is not held."""
        self._photos.append(Blob(name, data))

    def ask(self, request: Request) -> None:
        """Take a request; raises RemoteProtocolError for one too many, or what was not offered."""
        if len(self._requests) >= REQUESTS_MAX:
            raise RemoteProtocolError(f"more than {REQUESTS_MAX} requests wait for an answer")
        key = (request.lab.hex(), request.epoch)
        head = self._announced.get(key)
        size = head.size if head is not None else 0
        if isinstance(request, Want):
            last = request.end
            sound = (
                request.start < last <= request.size <= size
                and last - request.start <= WANT_ENTRIES_MAX
                and (last == request.size or last % BLOCK_ENTRIES == 0)
            )
        elif isinstance(request, WantProof):
            sound = 0 < request.old < request.new <= size
        else:
            ascending = all(
                a < b for a, b in zip(request.indexes, request.indexes[1:], strict=False)
            )
            sound = ascending and request.indexes[-1] < size
        if not sound:
            raise RemoteProtocolError(
                f"a request for what was never announced: {type(request).__name__} of log "
                f"{request.epoch} of lab {key[0]}, of which {size} entries were"
            )
        self._requests.append(request)

    def next_frame(self) -> bytes | None:
        """Return the next answer, or None while there is none or the credit does not reach."""
        while self._ready is None:
            frame = next(self._answers, None)
            if frame is None and self._photos:
                frame = self._photos.popleft()
                self._photos_asked -= 1
            if frame is not None:
                self._ready = encode_frame(frame)
            elif self._requests:
                self._answers = self._answer(self._requests.popleft())
            else:
                return None
        if len(self._ready) > self._credit:
            return None
        self._credit -= len(self._ready)
        data, self._ready = self._ready, None
        return data

    def _answer(self, request: Request) -> Iterator[Frame]:
        if isinstance(request, Want):
            tree = self._reader.tree(request.lab.hex(), request.epoch)
            yield from packages(
                self._reader,
                tree,
                request.lab,
                request.epoch,
                request.size,
                request.start,
                request.end,
            )
        elif isinstance(request, WantDetails):
            yield from self._details(request)
        else:
            tree = self._reader.tree(request.lab.hex(), request.epoch)
            yield Proof(
                request.lab,
                request.epoch,
                request.old,
                request.new,
                tree.subtree(0, request.old),
                consistency_proof(tree, request.old, request.new),
            )

    def _details(self, request: WantDetails) -> Iterator[Frame]:
        blobs: list[tuple[int, bytes]] = []
        indexes = request.indexes
        for start, end in runs(indexes):
            held = self._reader.details(request.lab.hex(), request.epoch, start, end)
            blobs += ((start + i, blob) for i, blob in enumerate(held) if blob is not None)
        yield from details_frames(request.lab, request.epoch, blobs)


def packages(
    reader: LogReader, tree: Tree, lab: bytes, epoch: int, size: int, start: int, end: int
) -> Iterator[Frame]:
    """Yield the packages of `[start, end)`, each followed by the details that are held."""
    while start < end:
        block = start - start % BLOCK_ENTRIES
        upto = min(end, block + BLOCK_ENTRIES)
        leaves = reader.leaves(lab.hex(), epoch, start, upto)
        proof = subtree_consistency_proof(tree, block, upto, size)
        yield Package(lab, epoch, size, start, leaves, proof)
        held = reader.details(lab.hex(), epoch, start, upto)
        blobs = [(start + i, blob) for i, blob in enumerate(held) if blob is not None]
        yield from details_frames(lab, epoch, blobs)
        start = upto


def details_frames(lab: bytes, epoch: int, blobs: list[tuple[int, bytes]]) -> Iterator[Frame]:
    """Yield one details frame or more, none over its limit, the last one marked."""
    frame: list[tuple[int, bytes]] = []
    size = DETAILS_OVERHEAD_BYTES
    for index, blob in blobs:
        size += len(blob) + BLOB_OVERHEAD_BYTES
        if size > DETAILS_FRAME_BYTES_MAX:
            yield Details(lab, epoch, frame, False)
            frame, size = [], DETAILS_OVERHEAD_BYTES + len(blob) + BLOB_OVERHEAD_BYTES
        frame.append((index, blob))
    yield Details(lab, epoch, frame, True)


def runs(indexes: list[int]) -> Iterator[tuple[int, int]]:
    """Yield the runs `[start, end)` of neighbours among ascending indexes."""
    for _, run in groupby(enumerate(indexes), key=lambda pair: pair[1] - pair[0]):
        neighbours = [index for _, index in run]
        yield neighbours[0], neighbours[-1] + 1
