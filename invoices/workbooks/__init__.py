"""The IMS workbook: written, large ones by SQL, and read back."""
