"""A person's own pages: sign-in, security, tokens, webhooks, preferences."""
