"""The overview that a taxpayer sees first: next steps, the desk in figures, and analytics."""
