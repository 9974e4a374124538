"""Pages of the sandbox: the clock, the benchmarks, and sign-in by name."""
