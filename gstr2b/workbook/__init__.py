"""GSTR-2B as an Excel workbook."""
