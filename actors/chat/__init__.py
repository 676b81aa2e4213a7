"""Chat: the order of a space's messages, and their way into the store."""
