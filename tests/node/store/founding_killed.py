"""The helper of `killing.Killer` whose children found the lab that a first start has planned."""

from pathlib import Path

from fedlab.node.config import Folder
from fedlab.node.firststart import FirstStart
from tests.node.store.killing import serve


def work(args: list[str]) -> None:
    FirstStart(Folder(Path(args[0])), lambda: 0.0).found()


if __name__ == "__main__":
    serve(work)
