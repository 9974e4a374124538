"""A supplier's documents: saved, checked against the law, placed on the recipient's desk, filed, archived."""
