"""Webhooks that leave us: committed money is told to whoever asked, signed, in order, for sure."""
