"""Directory: how many people are in each space."""
