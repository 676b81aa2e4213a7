"""The one place that names the server's version."""

from engine import core

VERSION = "0.1.0"
IS_COMPILED = not str(core.__file__).endswith(".py")
"""Whether the hot path runs as C; see scripts/compile.py."""
