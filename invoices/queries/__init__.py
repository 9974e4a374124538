"""Reads. Nothing here writes or opens a transaction."""
