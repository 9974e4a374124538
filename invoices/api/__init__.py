"""The IMS desk for programs: the portal's own REST API. `gstn_in` and `gstn_out` read and write GSTN's
JSON."""
