"""What a platform needs to run an assessment again and again; pure, no file is written here.

``moments`` reads when, ``job`` says what is run, and one module a platform writes its files:
systemd, cron, the Windows Task Scheduler, Kubernetes. None of them ever holds a secret: they name
the places where the platform keeps it.
"""
