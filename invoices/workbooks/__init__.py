"""Workbooks: write the IMS workbook (a large one by SQL), write a record list, read the IMS workbook back."""
