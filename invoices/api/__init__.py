"""The IMS desk for programs: GSTN's field names, read and written."""
