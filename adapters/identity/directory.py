"""Where public keys come from: a port with a local file, Hive nodes, and a chain of both."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from adapters.identity.authority import (
    DELEGATION_DEPTH_MAX,
    AccountAuthorities,
    authorities_from_json,
    delegates,
    satisfies_posting,
)
from adapters.identity.errors import KeysUnavailable

ACCOUNTS_PER_CHECK_MAX = 200  # 1 + 40 delegates + some of theirs; the rest cannot cost us requests


class KeyDirectory(Protocol):
    """Knows the public keys of accounts."""

    async def authorities(self, accounts: Collection[str]) -> Mapping[str, AccountAuthorities]:
        """Return the authorities of those of `accounts` that exist.

        Raises:
            KeysUnavailable: the directory cannot answer now; nothing is known of anybody.
        """
        ...


async def may_post_as(account: str, signed: Collection[bytes], directory: KeyDirectory) -> bool:
    """Whether the holders of the `signed` keys may post as `account`, delegations included.

    Raises:
        KeysUnavailable: the directory could not be asked.
    """
    known = dict(await directory.authorities([account]))
    newest = set(known)
    for depth in range(DELEGATION_DEPTH_MAX):
        if satisfies_posting(account, signed, known):
            return True
        wanted = sorted(
            {
                name
                for found in newest
                for name in delegates(known[found], posting_only=depth > 0)
                if name not in known
            }
        )[: ACCOUNTS_PER_CHECK_MAX - len(known)]
        if not wanted:
            return False
        known.update(await directory.authorities(wanted))
        newest = known.keys() & set(wanted)
    return satisfies_posting(account, signed, known)


class LocalKeyDirectory:
    """Accounts of this server alone, from the file that `presence keys new` writes.

    The file is read again when it changes, so a new key works at once.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp: tuple[int, int] | None = None
        self._accounts: dict[str, AccountAuthorities] = {}

    def __repr__(self) -> str:
        return f"<LocalKeyDirectory {self._file.name}, {len(self._accounts)} accounts>"

    async def authorities(self, accounts: Collection[str]) -> Mapping[str, AccountAuthorities]:
        """See `KeyDirectory`. A file that is not there holds nobody."""
        self._refresh()
        return {name: self._accounts[name] for name in accounts if name in self._accounts}

    def _refresh(self) -> None:
        try:
            status = self._file.stat()
        except FileNotFoundError:
            self._stamp, self._accounts = None, {}
            return
        except OSError as error:
            raise KeysUnavailable(f"{self._file.name}: {error.strerror}") from error
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp == self._stamp:
            return
        self._accounts = read_accounts(self._file)
        self._stamp = stamp


def read_accounts(file: Path) -> dict[str, AccountAuthorities]:
    """Read a local key file, whole.

    Raises:
        KeysUnavailable: it cannot be read or is not such a file; the reason names the account.
    """
    name = "top level"
    try:
        rows = json.loads(file.read_text("utf-8"))["accounts"]
        accounts = {}
        for name, row in rows.items():
            accounts[name] = authorities_from_json(name, row)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeysUnavailable(f"{file.name}, {name}: {error}") from error
    return accounts


class ChainedKeyDirectory:
    """Asks directories in order; an account belongs to the first that knows it.

    So a local account hides the chain's account of the same name, and a server without a node
    never waits for one.
    """

    def __init__(self, directories: Sequence[KeyDirectory]) -> None:
        self._directories = tuple(directories)

    async def authorities(self, accounts: Collection[str]) -> Mapping[str, AccountAuthorities]:
        """See `KeyDirectory`."""
        found: dict[str, AccountAuthorities] = {}
        for directory in self._directories:
            missing = [name for name in accounts if name not in found]
            if not missing:
                break
            found.update(await directory.authorities(missing))
        return found
