"""The server's settings: one table, read from defaults, a TOML file, the environment and flags.

`Settings` (table.py) declares each setting once, with its kind, default, unit and the sentence that
explains it. `load` puts a value together from the four places, the later winning, and refuses
everything it cannot use in one `SettingsError` that lists every problem. `markdown` and
`default_toml` print the same table for people; docs/configuration.md is that text.
"""

from adapters.settings.declare import BadValue
from adapters.settings.doc import default_toml, markdown, masked
from adapters.settings.load import Loaded, SettingsError, load
from adapters.settings.table import Settings

__all__ = [
    "BadValue",
    "Loaded",
    "Settings",
    "SettingsError",
    "default_toml",
    "load",
    "markdown",
    "masked",
]
