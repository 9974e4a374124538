"""GSTN's taxpayer API: envelope, keys, sessions, clients and calls. Field names live in each app's `api/wire.py`."""
