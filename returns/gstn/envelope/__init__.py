"""The envelope of GSTN's taxpayer API: keys, encryption, signatures."""
