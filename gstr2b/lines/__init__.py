"""The documents of a GSTR-2B: chosen by the law, written as lines, added up."""
