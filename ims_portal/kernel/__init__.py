"""Pure values. This package uses no Django, no database and no field names of GSTN's JSON."""
