"""Pages of the portal. Each view reads the request, calls one function, and shows the result."""
