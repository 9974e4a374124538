"""Set-based SQL on both databases: statements, pages of a long list, snapshots, retries."""
