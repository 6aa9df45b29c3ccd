"""What the rest of the site may hear about accounts; who listens is none of our business.

All are sent in the thread that did it, after the row was written, perhaps inside a transaction
that is still open.

A person who changes their own password causes `account_changed` first (the user's row) and
`session_cycled` right after it (their browser goes on under a new key, whose row takes the new
password's hash when the response starts). Whoever judges sessions by that hash has to wait for
the second before judging by the first.
"""

from django.dispatch import Signal

# session_key: the row is gone, nobody can be signed in by this key again.
session_ended = Signal()

# old_key, new_key: the same session of the same browser goes on under another key.
session_cycled = Signal()

# user: the password or `is_active` is another one than before, or the user was deleted
# (`user.pk` is still set): sessions of theirs may have become invalid.
account_changed = Signal()

# user: they have another username, name or picture than before.
face_changed = Signal()

# picture: the name of a picture that nobody has any more.
picture_dropped = Signal()

# user: the first administrator, by the link of the first start; the transaction is over.
administrator_made = Signal()
