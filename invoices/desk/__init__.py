"""The recipient's desk: actions on one or many documents, their undo, and the events of midnight."""
