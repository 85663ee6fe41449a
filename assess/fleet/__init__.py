"""Many customers: every engagement file of a folder, one overview.

``shapes`` and ``overview`` say what the overview holds (pure), ``member`` runs one engagement in a
process of its own, ``crew`` keeps several at work, here or on a Dask cluster.
"""
