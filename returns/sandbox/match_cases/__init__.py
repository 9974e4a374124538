"""Worked cases of a purchase register against IMS. `schema` reads a file of cases, `world` makes the register and the
records of one case with the portal's own events, and `compare` holds the outcome against the case."""
