"""Programs that developers and operators run against the portal: benchmarks, faults, and load. The portal
imports none of these programs."""
