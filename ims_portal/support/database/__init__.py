"""Helpers for PostgreSQL and SQLite: statements for many rows, pages of a long list, snapshots, and
retries."""
