"""Pages of the desk: the overview, one record and its actions, triage, batches, and decisions that were
reset."""
