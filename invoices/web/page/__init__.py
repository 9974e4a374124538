"""Parts that every page shares: the frame with its menu, crumbs, labels and sentences."""
