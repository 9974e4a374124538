"""A recipient's pages: Home, GSTR-3B, analytics."""
