"""A GSTR-1 file: read piece by piece, saved in chunks, answered with an account."""
