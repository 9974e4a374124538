"""The purchase register: the bills in the company's own books, and their links to the records of IMS.

`reading` reads files. `models` has the tables, `take_over` puts a register that was read into them. `both_sides` reads bills and records
for the matcher, and `match` runs the matcher and keeps its links."""
