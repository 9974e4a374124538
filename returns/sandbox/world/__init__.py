"""A believable world for practice, told through the portal's own events; see docs/sample-world.md."""
