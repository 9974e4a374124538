"""Bills of entry. The portal reads them from ICEGATE files, places them on desks, and moves them between
GSTINs."""
