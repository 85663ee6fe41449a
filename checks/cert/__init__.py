"""Certificates: the gateway's, the distribution point's, the management points', the clients'."""
