"""What a taxpayer sees first: next steps, the desk in figures, analytics."""
