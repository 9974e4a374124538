"""The portal's own REST API, by which programs use the IMS desk. `gstn_in` and `gstn_out` read and write
GSTN's JSON."""
