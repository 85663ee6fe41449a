"""What is kept from run to run: a folder per engagement, and what can be said from it.

``store`` keeps runs in SQLite, ``diff`` and ``standing`` compare them (pure), ``changes`` puts
together what a report shows of the past, ``place`` says where all of it lies.
"""
