"""Space: the people in one place, what they share, and the one order in which they see it."""
