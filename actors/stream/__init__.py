"""Streams: public and ticketed broadcasts."""
