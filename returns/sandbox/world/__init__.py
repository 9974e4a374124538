"""A realistic world for practice, built with the portal's own events. See docs/sample-world.md."""
