"""Templates of the reports, and the fonts that they carry."""
