"""The portal under load, on the run's own servers: `./run load` (docs/operations.md).

`crowd` holds the concurrent visitors and their waiting times, `cases` the measurements. `__main__` runs them
and prints.
"""
