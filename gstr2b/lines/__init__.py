"""The lines of a GSTR-2B: code that selects lines by the law, writes lines, and sums lines."""
