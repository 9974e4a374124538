"""What must hold of statements, and of records as statements see them; made like `invoices.checks`."""
