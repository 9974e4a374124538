"""Read a drafted GSTR-2B: its tables and its rows of GSTR-3B Table 4. This package also reads GSTR-2A."""
