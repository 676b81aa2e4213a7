"""Where a database is, and what to tell a person when it can't be reached."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

import asyncpg

from adapters.postgres.failures import DatabaseUnreachable


@dataclass(frozen=True, slots=True)
class Database:
    """How to reach one database.

    Attributes:
        options: keyword arguments of `asyncpg.connect`.
        name: what to call it in messages; holds no password.
    """

    options: Mapping[str, Any]
    name: str

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Return the database that DATABASE_URL names.

        Raises:
            DatabaseUnreachable: it is not a postgres URL; the text shows the form.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise DatabaseUnreachable(f"DATABASE_URL: {error}; {_FORM}") from None
        if parts.scheme not in {"postgres", "postgresql"}:
            raise DatabaseUnreachable(f"DATABASE_URL does not name a Postgres database; {_FORM}")
        host = f"{parts.hostname or 'localhost'}{f':{port}' if port else ''}"
        return cls({"dsn": url}, f"{host}/{parts.path.lstrip('/')}")

    def explain(self, error: BaseException) -> str:
        """Return one sentence on why connecting failed and what to do about it."""
        match error:
            case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
                why = f"it refused us ({error}): check user name and password"
            case asyncpg.InvalidCatalogNameError():
                why = f"{error}: create it, or correct the name"
            case asyncpg.InsufficientPrivilegeError():
                why = f"{error}: grant the user the right to connect and to create tables"
            case socket.gaierror():
                why = "its host name is not known: check the spelling"
            case TimeoutError():
                why = "no answer in time: check host, port and firewall"
            case OSError():
                why = f"nothing answers there ({error.strerror or error}): is it running?"
            case _:
                why = str(error) or type(error).__name__
        return f"can't use the database {self.name}: {why}"


_FORM = "expected postgresql://user:password@host:5432/database"
