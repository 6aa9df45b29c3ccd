"""The verbs: every way in which chat's rows change, and the events that tell of it.

An action is a plain function with keyword arguments, no request and no socket, so that HTTP,
socket, admin and commands share it. It runs on the writer's thread, in a transaction of its own,
and publishes when that has been committed.
"""
