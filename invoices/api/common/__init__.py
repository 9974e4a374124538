"""Code that every view of the API shares: authentication, fields, paging, Idempotency-Key and the OpenAPI
schema."""
