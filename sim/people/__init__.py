"""How simulated people behave; the same people play against a live server."""
