"""A recipient's pages: Home, GSTR-3B and analytics."""
