"""Pure values: no Django, no database, no wire names."""
