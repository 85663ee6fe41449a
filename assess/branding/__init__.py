"""The assessor's house in the reports: read from the engagement file, checked, made harmless."""
