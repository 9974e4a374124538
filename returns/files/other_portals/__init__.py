"""Files that other portals and tools made: GSTR-2B and IMS JSON, read to be held against what is here."""
