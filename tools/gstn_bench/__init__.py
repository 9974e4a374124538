"""GSTN's taxpayer API measured over HTTP, as a client sees it."""
