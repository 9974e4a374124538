"""Programs that developers and operators run against the portal: benchmarks, faults, load. The portal imports
none of them."""
