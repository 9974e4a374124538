"""Parts that every page and every answer of the API share: addresses, bodies, errors, messages."""
