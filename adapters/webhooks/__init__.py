"""Sends webhooks: to public addresses only, unless told otherwise, and for ten seconds at most."""
