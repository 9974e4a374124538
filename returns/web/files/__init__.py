"""Pages for incoming and outgoing files."""
