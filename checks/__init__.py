"""The pluggable checks: one pair an area, what is asked (.toml) and how it is decided (.py)."""
