"""Help pages: the rules, the guide, keys, examples."""
