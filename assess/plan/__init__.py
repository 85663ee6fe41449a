"""The road to ready: what is open, in the order in which it can be done, by whom, and how long."""
