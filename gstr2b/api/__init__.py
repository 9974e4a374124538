"""GSTR-2B for programs: GSTN's field names."""
