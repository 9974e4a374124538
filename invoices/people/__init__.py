"""People and their rights: roles, sign-in, second factor, tokens and registrations."""
