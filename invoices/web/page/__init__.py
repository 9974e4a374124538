"""What frames every page: navigation, crumbs, labels, the desk's words."""
