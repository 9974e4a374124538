"""Queries. No module of this package writes or opens a transaction."""
