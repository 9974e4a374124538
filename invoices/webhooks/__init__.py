"""Programs told of what happens: which hosts, what is sent, when it is tried again."""
