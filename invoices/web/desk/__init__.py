"""Pages of the desk: one record, triage, the overview, batches."""
