"""Keys lie beside the store, for their owner only."""

from pathlib import Path

import pytest

from fedlab.node.keystore import load_keys, save_keys
from fedlab.node.store import StoreError
from tests.node.store.labs import Lab


def test_keys_come_back(tmp_path: Path) -> None:
    lab, path = Lab(), tmp_path / "keys.json"
    save_keys(path, lab.id, 0, lab.keys)
    assert load_keys(path, lab.id, 0) == lab.keys
    assert [file.name for file in tmp_path.iterdir()] == ["keys.json"]


def test_nobody_else_may_read_them(tmp_path: Path) -> None:
    lab, path = Lab(), tmp_path / "keys.json"
    save_keys(path, lab.id, 0, lab.keys)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    load_keys(path, lab.id, 0)
    assert path.stat().st_mode & 0o777 == 0o600


def test_keys_of_another_lab_or_epoch_sign_nothing(tmp_path: Path) -> None:
    lab, path = Lab(), tmp_path / "keys.json"
    assert load_keys(path, lab.id, 0) is None
    save_keys(path, lab.id, 0, lab.keys)
    assert load_keys(path, lab.id, 1) is None
    assert load_keys(path, Lab(2).id, 0) is None


@pytest.mark.parametrize("content", [b"", b"{}", b'{"lab": 7}', b"\xff\xfe"])
def test_a_file_that_holds_no_keys(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="not a file of keys") as raised:
        load_keys(path, Lab().id, 0)
    assert "recovery words" in raised.value.hint


def test_keys_do_not_print_themselves() -> None:
    assert Lab().keys.log.hex() not in repr(Lab().keys)
