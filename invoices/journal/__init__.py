"""The journal: who did what to each document, and when. The entries of each GSTIN are sealed into a chain."""
