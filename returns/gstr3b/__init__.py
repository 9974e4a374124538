"""GSTR-3B: what stands in the way, filing, the annual return."""
