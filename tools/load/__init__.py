"""The portal under load, on servers of the run's own: `./run load` (docs/operations.md).

`crowd` are visitors at once and what they waited, `cases` what is measured, `__main__` runs and prints.
"""
