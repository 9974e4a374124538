"""What developers and operators run against the portal: benchmarks, faults, load. Nothing of the portal imports it."""
