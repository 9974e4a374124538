"""Loads a file of many documents: copies them into a temporary table, compares them with the portal, and
merges them."""
