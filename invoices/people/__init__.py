"""People and their rights: roles, sign-in, second factor and tokens. Also the registration of taxpayers."""
