"""A corpus of bills and records of which the true pairs are known, and the measurement of matchers on it.

`documents` makes what suppliers report and what buyers book, `disturbances` changes a booking as real books differ,
`peer` is a matcher of the usual kind, and `measure` counts right, wrong and missed pairs.
`python -m tools.match_corpus` prints the tables and writes them into docs/matching.md."""
