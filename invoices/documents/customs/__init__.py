"""Bills of entry: read from ICEGATE files, placed on the desk, moved between registrations."""
