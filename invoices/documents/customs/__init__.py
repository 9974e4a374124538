"""Bills of entry: read them from ICEGATE files, place them on the desk, move them between registrations."""
