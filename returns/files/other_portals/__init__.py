"""Files that other portals and tools made: GSTR-2B and IMS JSON. This portal reads such files and compares
them with its own data."""
