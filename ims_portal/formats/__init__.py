"""Formats of dates and times where a page names none, as on the pages of staff."""
