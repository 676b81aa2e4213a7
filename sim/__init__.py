"""The simulator: the product's actors, simulated people, a network, faults, and what must hold."""
