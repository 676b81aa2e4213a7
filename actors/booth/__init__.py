"""Booths: where a space sells tickets and time at its microphones."""
