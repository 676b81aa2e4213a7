"""Session: one connected socket, the person behind it and where they are."""
