"""A supplier's forms: documents saved and filed, and what recipients answered."""
