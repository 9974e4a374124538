"""The law, in pure Python. No module here uses a database, a clock or a file format.

Start with `situation`: it lists the facts on which the law decides. Then read `rulebooks`: it says which
clauses apply from which period."""
