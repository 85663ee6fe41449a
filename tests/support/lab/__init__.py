"""The laboratory: real servers on loopback, in a network namespace of their own.

Each test process has a loopback of its own (`lab.isolation`), so addresses, names and ports are fixed:

============  =========================================================
127.77.0.10   ``dc1.ad.contoso.test``, domain controller of the first forest
127.77.0.20   ``dc1.fabrikam.test``, domain controller of the second forest
127.77.0.30   ``login.contoso.test``, the OAuth server
127.77.0.80   ``login.microsoftonline.com`` and the other Microsoft names
127.77.0.81   ``cm01.ad.contoso.test``, the site's provider
127.77.1.2..  every other server, an address each (`lab.isolation.fresh_address`)
============  =========================================================
"""
