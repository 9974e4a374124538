"""The law, in pure Python. Nothing here knows a database, a clock or a wire format.

Start with `situation` (what the law may look at), then `books` (which clauses bind when).
"""
