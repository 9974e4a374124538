"""Help pages: rules, examples, the guide to the screens, and keyboard shortcuts."""
