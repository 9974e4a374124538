"""The page with the list of records: its address, rows, columns, choices."""
