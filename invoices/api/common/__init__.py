"""Code for all views of the API: authentication, fields, paging, Idempotency-Key and the OpenAPI document."""
