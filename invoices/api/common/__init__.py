"""What every view of the API shares: who asks, fields, keys of idempotency, the schema."""
