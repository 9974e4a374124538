"""Pages: parse, call one function, present."""
