"""Returns for programs: the portal's own REST API."""
