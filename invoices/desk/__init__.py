"""The recipient's desk: actions on one or many records, the undo of actions, and the events of midnight."""
