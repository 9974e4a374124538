"""The law, in pure Python. No module of this package uses a database, a clock or a file format.

Start with the module `situation`, which lists the facts on which the law decides. Then read `rulebooks`,
which says which clauses apply from which period."""
