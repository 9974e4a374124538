"""A supplier's forms: documents are saved and filed here, and the recipients' actions on the documents are
read here."""
