"""The documents of a GSTR-2B: selected by the law, written as lines, and summed."""
