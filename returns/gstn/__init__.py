"""GSTN's taxpayer API: envelope, keys, sessions, clients and calls. GSTN's field names are in each app's
`api/gstn_in.py` and `api/gstn_out.py`."""
