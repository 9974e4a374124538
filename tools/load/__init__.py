"""`./run load` measures the portal under load, on servers of its own (docs/operations.md).

`crowd` has the concurrent visitors and their waiting times. `cases` has the measurements. `__main__` runs the
measurements and prints the figures."""
