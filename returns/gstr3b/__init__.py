"""GSTR-3B: the checks before filing, and filing. This package also notes the annual return."""
