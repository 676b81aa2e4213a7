"""The exceptions with which the database refuses to start or to be reached."""

from __future__ import annotations


class PostgresFailed(Exception):
    """The embedded Postgres can't run; the text says why and what to do."""


class DatabaseUnreachable(Exception):
    """The configured database can't be used; the text says why and what to do."""


class MigrationRefused(Exception):
    """The database's schema is not one this program may touch; the text says why."""
