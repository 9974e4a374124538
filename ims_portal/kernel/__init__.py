"""Values such as periods, GSTINs and amounts, and pure functions for these values. This package uses no
Django, no database and no field names of GSTN's JSON."""
