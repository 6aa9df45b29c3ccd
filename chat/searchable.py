"""What a message is found by: its text and the names of its files."""

from __future__ import annotations

import msgspec

from chat.models import Message
from chat.models.search_rows import Entry, Unindexed
from chat.words import words_of


class Named(msgspec.Struct):
    name: str


FILES = msgspec.json.Decoder(list[Named])


def entry_of(row: Unindexed) -> Entry:
    files = FILES.decode(row.attachments) if row.attachments else []
    return entry(row.id, row.room_id, row.text, [each.name for each in files])


def entry_of_message(message: Message) -> Entry:
    names = [each["name"] for each in message.attachments or []]
    return entry(message.pk, message.room_id, message.text, names)


def entry(message_id: int, room_id: int, text: str, names: list[str]) -> Entry:
    return Entry(message_id, room_id, words_of("\n".join([text, *names])))
