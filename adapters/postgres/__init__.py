"""Durability: an embedded or a remote Postgres, its schema, and the store port over it.

`EmbeddedPostgres(data).start()` or `Database.from_url(url)` gives a `Database`;
`PostgresStore(database)` connects, migrates and answers the requests of `actors/store.py`. It
promises that an answered write survives `kill -9` of any process, that a write under a stale epoch
changes nothing, and that within a space message ids ascend in the order everybody sees.
"""
