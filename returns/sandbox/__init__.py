"""For practice: the sample world, and worked examples."""
