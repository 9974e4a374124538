"""Pages: each view reads the request, calls one function, and shows the result."""
