"""Workbooks. This package writes the IMS workbook and record lists, and reads a filled-in IMS workbook."""
