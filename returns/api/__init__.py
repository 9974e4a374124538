"""Returns for programs: the portal's own REST API, and GSTN's field names (`gstn_out`)."""
