"""Local accounts, as `presence keys` makes them."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.identity.hive_keys import public_key_of, secret_from_wif, text_from_public_key
from adapters.identity.keys_cli import (
    AccountExists,
    NoSuchAccount,
    list_accounts,
    new_account,
    remove_account,
)
from engine.refusal import BadInput
from tests.support.http_server import Entropy


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "local_keys.json"


def test_the_file_never_holds_a_private_key(file: Path) -> None:
    """It is shown once; the file cannot give away what it does not have."""
    made = new_account(file, "alice", now_us=7, entropy=Entropy())

    secret = secret_from_wif(made.wif)
    assert text_from_public_key(public_key_of(secret)) == made.public_key
    assert made.wif not in file.read_text()
    assert secret.hex() not in file.read_text()
    assert made.wif not in repr(made)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_accounts_are_listed_by_name_and_removed(file: Path) -> None:
    """What was made can be seen and unmade."""
    assert list_accounts(file) == []
    entropy = Entropy()
    for name in ("carol", "alice"):
        new_account(file, name, now_us=7, entropy=entropy)

    listed = list_accounts(file)
    assert [account.name for account in listed] == ["alice", "carol"]
    assert listed[0].public_key != listed[1].public_key
    assert listed[0].created_at_us == 7

    remove_account(file, "alice")
    assert [account.name for account in list_accounts(file)] == ["carol"]


def test_a_key_is_not_replaced_by_mistake(file: Path) -> None:
    """Nor is something made that could never log in."""
    first = new_account(file, "alice", now_us=7, entropy=Entropy())

    with pytest.raises(AccountExists):
        new_account(file, "alice", now_us=8, entropy=Entropy())
    with pytest.raises(BadInput):
        new_account(file, "Not A Name", now_us=8, entropy=Entropy())
    with pytest.raises(NoSuchAccount):
        remove_account(file, "bob")
    assert [one.public_key for one in list_accounts(file)] == [first.public_key]


def test_commands_at_the_same_time_lose_no_account(file: Path) -> None:
    """Each waits for the other's turn."""
    names = [f"user-{number}" for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: new_account(file, name, now_us=1, entropy=Entropy()), names))

    assert [account.name for account in list_accounts(file)] == sorted(names)


@pytest.mark.parametrize("text", ["", "[]", '{"accounts": 1}'])
def test_a_spoilt_file_is_said_to_be_one(file: Path, text: str) -> None:
    """And is left as it is, for whoever can repair it."""
    file.parent.mkdir()
    file.write_text(text)

    with pytest.raises(ValueError, match=r"local_keys\.json is not a local key file"):
        list_accounts(file)
    with pytest.raises(ValueError, match=r"local_keys\.json is not a local key file"):
        new_account(file, "alice", now_us=7, entropy=Entropy())
    assert file.read_text() == text
