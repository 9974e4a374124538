"""A supplier's forms: documents are saved and filed here, and the recipients' actions on them are read
here."""
