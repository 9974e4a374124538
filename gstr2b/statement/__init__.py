"""What a GSTR-2B says once it is drafted: its tables, its share of GSTR-3B Table 4, and GSTR-2A beside it."""
