"""The rows behind the chat. Models answer questions; `chat.actions` changes them."""

from chat.models.messages import Message
from chat.models.rooms import Membership, Room

__all__ = ["Membership", "Message", "Room"]
