"""The IMS desk for programs: the portal's own REST API, and GSTN's field names read and written (`wire`)."""
