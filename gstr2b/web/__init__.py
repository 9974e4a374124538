"""Pages of GSTR-2B and GSTR-2A. A page parses the request, calls one function, and renders the result."""
