"""Queries. Modules of this package read the database. They write nothing and open no transaction."""
