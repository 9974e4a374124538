"""A person's own pages: sign-in, security, tokens and preferences. Also the page of a taxpayer's webhooks."""
