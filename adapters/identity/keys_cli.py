"""Local accounts: what `presence keys` does. An account here is known to this server alone."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.identity.hive_keys import (
    new_secret,
    public_key_of,
    text_from_public_key,
    wif_from_secret,
)
from adapters.identity.names import is_account_name
from adapters.identity.private_file import write_private
from engine.refusal import BadInput, Refusal

LOCAL_KEYS = "local_keys.json"
"""The file's name in the data directory."""


class AccountExists(Refusal):
    """There is a local account of this name already; its key cannot be shown again."""

    code = "account_exists"


class NoSuchAccount(Refusal):
    """There is no local account of this name."""

    code = "no_such_account"


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A local account and its private key, kept nowhere: this is the one time to see it."""

    name: str
    public_key: str  # STM…
    wif: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LocalAccount:
    """A local account as listed."""

    name: str
    public_key: str
    created_at_us: int  # since the Unix epoch


def new_account(
    file: Path, name: str, *, now_us: int, entropy: Callable[[int], bytes]
) -> NewAccount:
    """Make a local account with a fresh posting key; the file holds the public half only.

    Raises:
        BadInput: not a Hive account name.
        AccountExists: remove the old one first.
    """
    if not is_account_name(name):
        raise BadInput(
            "name: expected 3 to 16 characters, a letter first, then letters, digits and dashes "
            "in parts of at least 3 joined by dots",
            field="name",
        )
    with _locked(file) as accounts:
        if name in accounts:
            raise AccountExists(
                f"{name} exists already: presence keys remove {name} first", field="name"
            )
        secret = new_secret(entropy)
        public_key = text_from_public_key(public_key_of(secret))
        posting = {"weight_threshold": 1, "account_auths": [], "key_auths": [[public_key, 1]]}
        accounts[name] = {"created_at_us": now_us, "posting": posting}
        _write(file, accounts)
    return NewAccount(name, public_key, wif_from_secret(secret))


def list_accounts(file: Path) -> list[LocalAccount]:
    """Return the local accounts by name.

    Raises:
        ValueError: the file is not a local key file.
    """
    return [
        LocalAccount(name, row["posting"]["key_auths"][0][0], row["created_at_us"])
        for name, row in sorted(_read(file).items())
    ]


def remove_account(file: Path, name: str) -> None:
    """Forget a local account; its key opens nothing from then on.

    Raises:
        NoSuchAccount: there is none of this name.
    """
    with _locked(file) as accounts:
        if name not in accounts:
            raise NoSuchAccount(f"there is no local account {name}", field="name")
        del accounts[name]
        _write(file, accounts)


@contextmanager
def _locked(file: Path) -> Iterator[dict[str, Any]]:
    """Hold the directory's lock file, so two commands at once do not lose an account."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_name(f"{file.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield _read(file)


def _read(file: Path) -> dict[str, Any]:
    try:
        accounts = json.loads(file.read_text("utf-8"))["accounts"]
        return dict(accounts.items())
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{file.name} is not a local key file: {error}") from error


def _write(file: Path, accounts: dict[str, Any]) -> None:
    write_private(file, json.dumps({"accounts": accounts}, indent=1))
