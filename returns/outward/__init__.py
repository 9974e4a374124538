"""A supplier's forms: code that saves and files documents, and code that reads the recipients' actions on the
documents."""
