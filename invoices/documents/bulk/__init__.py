"""Loads a file of many documents: copy it into a table, compare the table with the portal, merge it."""
