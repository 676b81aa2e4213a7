"""Actors that decide, and the engines that run them; knows nothing of spaces or money.

`actor` and `context` are what an actor sees; `cell`, `core`, `lifecycle` and their helpers are
the deterministic kernel; `heap` and `kernel` drive it; `journal` and `replay` keep and repeat runs.
"""
