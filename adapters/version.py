"""The one place that names the server's version."""

VERSION = "0.1.0"
