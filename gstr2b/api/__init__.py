"""GSTR-2B for programs: the portal's own REST API, and GSTR-2B with GSTN's field names (`gstn_out`)."""
