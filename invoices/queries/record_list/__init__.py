"""The list of records: its filters, counts, pages and search box."""
