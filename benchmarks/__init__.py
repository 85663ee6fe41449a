"""Measures what the tool promises of its speed and memory. Not part of the tests: `make bench`."""
