"""The page of the record list: its address, rows, columns, ticks and unsaved choices."""
