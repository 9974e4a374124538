"""The lines of a GSTR-2B: code that selects the lines by the law, writes them, and sums them."""
