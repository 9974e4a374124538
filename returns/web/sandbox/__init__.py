"""Pages of the sandbox: the clock, benchmarks, sign-in by name."""
