"""Identity: domains, user names, synchronisation and sign-in. One module a question."""
