"""The helper of `killing.Killer` whose children run `fedlab item add`: FOLDER RECORD NAME."""

import contextlib
import io
import json
from pathlib import Path

from fedlab.node.cli.main import run_command
from tests.node.store.killing import serve
from tests.node.store.witness import Record, signatures_recorded


def work(args: list[str]) -> None:
    folder, record, name = args
    kept, said = Record(Path(record)), io.StringIO()
    with signatures_recorded(kept), contextlib.redirect_stdout(said):
        code = run_command(["--data", folder, "item", "add", "--name", name, "--json"])
    assert code == 0, said.getvalue()
    kept.add("acknowledged", json.loads(said.getvalue())["entry"])


if __name__ == "__main__":
    serve(work)
