"""What every page and every answer of the API shares: addresses, bodies, errors, messages."""
