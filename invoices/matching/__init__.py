"""Matching of a purchase register with the records of IMS, in pure Python. No module of this package uses a database, a
clock or a file format.

Start with `documents`, which lists the facts of a bill and of a record. `ladder` says to which class a pair belongs,
`assignment` chooses the pairs, `groups` looks at the documents that are left, and `run` puts the steps together.
`suggestions` says which action follows from a class."""
