"""Pages. Each view parses the request, calls one function, and shows the result."""
