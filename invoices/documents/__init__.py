"""A supplier's documents: the portal saves, checks and places them, marks them filed, and archives them."""
