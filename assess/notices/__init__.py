"""Who is told of a run.

What is said (``news``, ``texts``; pure), what could not be delivered yet (``outbox``), and the
telling itself (``telling``), which never costs a run.
"""
