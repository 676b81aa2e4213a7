"""Channels: who watches a stream or a call, and what they are told as it happens."""
