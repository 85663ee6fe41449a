"""report.xlsx: the same sentences and counts as the other reports, in sheets to filter and sort."""
