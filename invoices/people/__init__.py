"""Who may do what: roles, sign-in, second factor, tokens, webhooks, registrations."""
