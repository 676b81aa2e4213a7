"""What the product decides, without waiting: one package an actor, ports as values beside them."""
