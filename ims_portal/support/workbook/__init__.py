"""Excel workbooks. Writing needs little memory, whatever the number of rows. Reading takes place in a
separate process."""
