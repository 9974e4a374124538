"""The journal: what happened to each document and who did it, sealed into a chain for each GSTIN."""
