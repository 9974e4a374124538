"""The list of records: filters, counts, pages, search."""
