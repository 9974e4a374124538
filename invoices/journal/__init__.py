"""What happened to each document and who did it, sealed into a chain."""
