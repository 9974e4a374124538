"""Tools for the operators of the portal: health probes, metrics, and the backup drill."""
