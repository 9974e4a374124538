"""For whoever runs the portal: health, figures, the backup drill."""
