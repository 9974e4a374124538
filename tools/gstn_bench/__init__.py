"""Measure GSTN's taxpayer API over HTTP, as a client uses the API."""
