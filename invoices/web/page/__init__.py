"""Parts that all pages share: the frame with its menu, breadcrumbs, labels and sentences."""
