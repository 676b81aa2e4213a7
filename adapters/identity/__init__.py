"""Who is asking: Hive signatures, challenges, session tokens and guests.

Pure parts decide (`hive_keys`, `authority`, `challenge`, `tokens`, `authorization`); `directory`,
`hive_node` and `service` wait, for keys and for the store. Nothing here reads a clock or draws
chance by itself: both are handed in.

Promises: a claim without proof never becomes an account; each signed challenge is good once and for
five minutes; a key directory that cannot be asked is an outage (503), never a login and never a
refusal of the person.
"""
