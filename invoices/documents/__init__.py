"""A supplier's documents: save, check against the law, place on the recipient's desk, file and archive."""
