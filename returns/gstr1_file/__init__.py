"""A GSTR-1 file: the portal reads the file piece by piece, saves its documents in chunks, and returns a
report."""
