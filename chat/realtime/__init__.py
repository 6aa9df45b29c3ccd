"""Moves text and ids between sockets. Knows nothing of models, of the protocol or of accounts."""
