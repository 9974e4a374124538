"""A supplier's pages: documents, forms, filing, recipients' answers."""
