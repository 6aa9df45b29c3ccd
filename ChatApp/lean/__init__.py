"""WebSockets for uvicorn: little memory for each line, and frames that are made once for many.

`frames` knows RFC 6455's frames, `handshake` its HTTP, `reading` what comes in, `line` what is
said when, and `protocol` what uvicorn and ASGI want of it.
"""
