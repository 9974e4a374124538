"""Excel workbooks: written in constant memory, read in a process of their own."""
