"""GSTR-3B: the checks before filing, and filing. The annual return is noted here too."""
