"""The calls of GSTN's taxpayer API."""
