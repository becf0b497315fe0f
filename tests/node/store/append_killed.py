"""The helper of `killing.Killer` whose children make a real append: FOLDER RECORD MUTANT CODE."""

from pathlib import Path

from tests.node.store.killing import serve
from tests.node.store.witness import Record, append


def work(args: list[str]) -> None:
    folder, record, mutant, *codes = args
    append(Path(folder), Record(Path(record)), *codes, mutant=mutant).close()


if __name__ == "__main__":
    serve(work)
