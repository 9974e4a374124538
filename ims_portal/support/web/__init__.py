"""Code that all pages and the API share: addresses, bodies, errors, and messages."""
