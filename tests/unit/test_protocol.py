"""What a frame may be, and that a bad one is refused with a code and never with a crash."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chat import protocol
from chat.errors import HTTP_STATUS, ChatError

CLIENT_ID = "0b5c2a1e-7d3f-4a53-9d2f-0a1b2c3d4e5f"
DEEP = 100_000
often = settings(max_examples=200, deadline=None)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
FIELDS = ["type", "room", "ref", "message", "client_id", "reply_to", "message_id", "emoji"]
COMMANDS = st.dictionaries(
    st.sampled_from([*FIELDS, "after", "seq", "unread", "unknown"]),
    st.one_of(ANYTHING, st.sampled_from([*protocol.COMMANDS, CLIENT_ID, 2**63, -1, 1e308])),
)


def decode(frame: str) -> protocol.Command:
    return protocol.decode_command(protocol.decode_envelope(frame), frame)


def refusal_of(frame: str) -> str:
    with pytest.raises(ChatError) as refusal:
        decode(frame)
    assert refusal.value.detail.endswith(".")
    assert "\n" not in refusal.value.detail
    return refusal.value.code


# --- Bad frames


@pytest.mark.parametrize(
    "frame",
    [
        "",
        " ",
        "hello",
        "{",
        '{"message": "half',
        '{"message": "hi"} {"message": "ho"}',
        "{'message': 'hi'}",
        "\ufeff{}",
        "null",
        "true",
        "17",
        '"text"',
        "[]",
        '[{"message": "hi"}]',
        '{"type": null}',
        '{"type": 1}',
        '{"type": ["ping"]}',
        '{"ref": true}',
        '{"ref": {}}',
        '{"ref": NaN}',
        '{"ref": Infinity}',
        '{"ref": 1e999}',
        '{"message": 1}',
        '{"message": null}',
        '{"message": ["hi"]}',
        '{"message": "hi", "room": 1}',
        '{"message": "hi", "client_id": "not a UUID"}',
        '{"message": "hi", "client_id": 1}',
        '{"message": "hi", "reply_to": "1"}',
        '{"message": "hi", "reply_to": 1.5}',
        '{"message": "hi", "reply_to": 9223372036854775808}',
        '{"type": "message.delete"}',
        '{"type": "message.delete", "message_id": NaN}',
        '{"type": "message.delete", "message_id": null}',
        '{"type": "room.subscribe", "after": -1}',
        '{"type": "room.subscribe", "after": "1"}',
        '{"type": "room.read"}',
        '{"type": "room.read", "seq": true}',
        '{"type": "room.read", "seq": 1, "unread": 1}',
    ],
)
def test_a_malformed_frame_is_refused(frame: str) -> None:
    assert refusal_of(frame) == "bad_frame"


@pytest.mark.parametrize(
    "frame",
    [
        "[" * DEEP,
        "[" * DEEP + "]" * DEEP,
        '{"unknown": ' + "[" * DEEP + "]" * DEEP + "}",
        '{"client_id": ' + "[" * DEEP + "]" * DEEP + "}",
        '{"a":' * DEEP + "1" + "}" * DEEP,
    ],
    ids=["open", "lists", "an unknown field", "a known field", "objects"],
)
def test_a_hundred_thousand_brackets_are_refused(frame: str) -> None:
    assert refusal_of(frame) == "bad_frame"


@pytest.mark.parametrize("type", ["", "message.Post", "message.posted", "room.destroy", "ping "])
def test_a_type_that_does_not_exist_has_a_code_of_its_own(type: str) -> None:
    assert refusal_of(json.dumps({"type": type})) == "unknown_type"


@pytest.mark.parametrize("field", ["message", "room", "ref", "client_id", "unknown"])
@pytest.mark.parametrize("escape", [r"\u0000", r"\\\u0000", r"a\"\u0000", r"\ud800", r"\udc00a"])
def test_a_nul_or_half_a_character_is_refused_in_every_field(field: str, escape: str) -> None:
    assert refusal_of(f'{{"type": "ping", "{field}": "{escape}"}}') == "bad_frame"


def test_a_nul_is_refused_in_a_name_too() -> None:
    assert refusal_of(r'{"type": "ping", "\u0000": 1}') == "bad_frame"


@pytest.mark.parametrize("frame", ['{"message": "\0"}', '{"message": "\ud800"}'], ids=ascii)
def test_a_raw_nul_or_half_a_character_is_refused(frame: str) -> None:
    assert refusal_of(frame) == "bad_frame"


@pytest.mark.parametrize("text", [r"\u0000", r"a\\u0000", "\\", "\\\\u0000\\", "u0000"])
def test_a_backslash_before_u0000_is_text(text: str) -> None:
    command = decode(json.dumps({"message": text}))
    assert isinstance(command, protocol.PostMessage)
    assert command.message == text


@often
@given(st.text())
@example("\\" * 64 * 1024)
def test_no_text_at_all_breaks_the_reader(frame: str) -> None:
    is_answered_or_refused(frame)


@often
@given(ANYTHING)
def test_no_json_at_all_breaks_the_reader(anything: Any) -> None:
    is_answered_or_refused(json.dumps(anything))


@often
@given(COMMANDS)
def test_no_fields_at_all_break_the_reader(fields: dict[str, Any]) -> None:
    is_answered_or_refused(json.dumps(fields))
    is_answered_or_refused(json.dumps(fields, ensure_ascii=False))


def is_answered_or_refused(frame: str) -> None:
    """What the socket does with it: decode it, and send its reference back."""
    envelope = protocol.Envelope()
    try:
        envelope = protocol.decode_envelope(frame)
        command = protocol.decode_command(envelope, frame)
    except ChatError as refusal:
        answer: protocol.Answer = protocol.Error(code=refusal.code, detail=refusal.detail)
    else:
        assert type(command) is protocol.COMMANDS[envelope.type]
        answer = protocol.Ok()
    if envelope.ref is not None:
        answer.ref = envelope.ref
    sent = json.loads(protocol.encode(answer))
    assert sent["type"] == "ok" or sent["code"] in HTTP_STATUS
    assert sent.get("ref") == envelope.ref


# --- Good frames


def test_a_frame_without_a_type_is_a_message() -> None:
    command = decode('{"message": "hi"}')
    assert command == protocol.PostMessage(message="hi")


@pytest.mark.parametrize("type", protocol.COMMANDS)
def test_each_command_knows_its_room_and_its_reference(type: str) -> None:
    fields = {
        "room": "lobby",
        "ref": 7,
        "message": "hi",
        "message_id": 1,
        "emoji": "🎉",
        "seq": 1,
        "nobody_knows_this": {},
    }
    command = decode(json.dumps({"type": type, **fields}))
    assert type == "message.post" or not isinstance(command, protocol.PostMessage)
    assert (command.room, command.ref) == ("lobby", 7)


@pytest.mark.parametrize("ref", ["x", "", 'ref with "quotes" and 字', 0, -1, 2**80, 0.5])
def test_a_reference_comes_back_as_it_went(ref: str | float) -> None:
    envelope = protocol.decode_envelope(json.dumps({"type": "ping", "ref": ref}))
    assert json.loads(protocol.encode(protocol.Ok(ref=envelope.ref))) == {"type": "ok", "ref": ref}


@given(st.text().filter(lambda text: "\0" not in text and not has_surrogates(text)))
@often
def test_a_message_arrives_as_it_was_typed(text: str) -> None:
    for frame in (json.dumps({"message": text}), json.dumps({"message": text}, ensure_ascii=False)):
        command = decode(frame)
        assert isinstance(command, protocol.PostMessage)
        assert command.message == text


def has_surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def test_a_client_id_is_a_uuid() -> None:
    command = decode(json.dumps({"message": "hi", "client_id": CLIENT_ID}))
    assert isinstance(command, protocol.PostMessage)
    assert command.client_id == UUID(CLIENT_ID)


# --- Events

POSTED = protocol.MessagePosted(
    room="lobby",
    id=1,
    seq=2,
    tick=2,
    prev=1,
    username="alice",
    name="Alice",
    message="Hi",
    timestamp="2030-01-02T03:04:05.678Z",
    client_id=CLIENT_ID,
    reply_to=None,
    mentions=[],
    edited=None,
    deleted=False,
    reactions={},
    attachments=[],
    kind="text",
)


def test_a_posted_message_has_the_fields_of_the_protocol() -> None:
    assert json.loads(protocol.encode(POSTED)) == {
        "type": "message.posted",
        "room": "lobby",
        "id": 1,
        "seq": 2,
        "tick": 2,
        "prev": 1,
        "username": "alice",
        "name": "Alice",
        "message": "Hi",
        "timestamp": "2030-01-02T03:04:05.678Z",
        "client_id": CLIENT_ID,
        "reply_to": None,
        "mentions": [],
        "edited": None,
        "deleted": False,
        "reactions": {},
        "attachments": [],
        "kind": "text",
    }


def test_html_is_there_only_where_there_is_some() -> None:
    formatted = msgspec.structs.replace(POSTED, html="<em>Hi</em>")
    assert json.loads(protocol.encode(formatted))["html"] == "<em>Hi</em>"
    assert "html" not in json.loads(protocol.encode(POSTED))


def test_an_error_says_only_what_there_is_to_say() -> None:
    plain = protocol.Error(code="empty", detail="A message needs some text.")
    assert json.loads(protocol.encode(plain)).keys() == {"type", "code", "detail"}
    full = protocol.Error(
        code="rate_limited", detail="Slower.", client_id=CLIENT_ID, retry_after=0.5, ref="a"
    )
    assert json.loads(protocol.encode(full)) == {
        "type": "error",
        "code": "rate_limited",
        "detail": "Slower.",
        "client_id": CLIENT_ID,
        "retry_after": 0.5,
        "ref": "a",
    }


@often
@given(st.text().filter(lambda text: not has_surrogates(text)))
def test_an_event_is_one_line_of_json_that_says_what_was_meant(text: str) -> None:
    encoded = protocol.encode(msgspec.structs.replace(POSTED, message=text))
    assert "\n" not in encoded
    assert json.loads(encoded)["message"] == text
    assert msgspec.json.decode(encoded, type=protocol.MessagePosted).message == text


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2030, 1, 2, 3, 4, 5, 678_999, UTC), "2030-01-02T03:04:05.678Z"),
        (datetime(2030, 1, 2, 3, 4, 5, 0, UTC), "2030-01-02T03:04:05.000Z"),
        (
            datetime(2030, 1, 1, 1, 0, 0, 7_000, timezone(timedelta(hours=5, minutes=30))),
            "2029-12-31T19:30:00.007Z",
        ),
    ],
)
def test_times_are_utc_with_milliseconds(moment: datetime, written: str) -> None:
    assert protocol.timestamp(moment) == written
