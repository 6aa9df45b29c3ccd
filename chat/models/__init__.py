"""The rows behind the chat. Models answer questions; `chat.actions` changes them."""

from chat.models.attachments import Attachment
from chat.models.invitations import RoomInvitation
from chat.models.messages import Mention, Message, MessageRevision, Reaction
from chat.models.rooms import Membership, Room

__all__ = [
    "Attachment",
    "Membership",
    "Mention",
    "Message",
    "MessageRevision",
    "Reaction",
    "Room",
    "RoomInvitation",
]
