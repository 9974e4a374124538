"""Help pages: the rules, examples, a guide to the screens, and keyboard shortcuts."""
