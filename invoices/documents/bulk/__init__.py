"""A file of many documents: copied into a table, compared with the portal, merged."""
