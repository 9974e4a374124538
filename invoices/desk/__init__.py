"""The recipient's desk: actions on documents, one or many, undone, and what midnight does to them."""
