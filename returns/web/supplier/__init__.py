"""A supplier's pages: documents, forms, filing, and the recipients' actions."""
