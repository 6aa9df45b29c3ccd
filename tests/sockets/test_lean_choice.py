"""The setting WEBSOCKETS: our class for uvicorn, or its own with our bounds."""

import pytest
from pytest_django import Settings

from ChatApp.lean.protocol import LeanProtocol
from ChatApp.on_uvicorn import configuration
from ChatApp.websockets import FairProtocol
from tests.chatter import Chatter
from tests.running import running_server


@pytest.mark.parametrize(
    ("choice", "protocol"), [("lean", LeanProtocol), ("uvicorn", FairProtocol)]
)
def test_uvicorn_serves_with_the_class_of_our_choice(
    choice: str, protocol: type, settings: Settings
) -> None:
    settings.WEBSOCKETS = choice
    assert configuration().ws is protocol


def test_ours_is_served_with_where_nothing_else_is_asked_for(settings: Settings) -> None:
    assert settings.WEBSOCKETS == "lean"


@pytest.mark.parametrize("choice", ["lean", "uvicorn"])
async def test_people_talk_with_either(choice: str) -> None:
    with running_server(WEBSOCKETS=choice) as server:
        alice, bob = [await Chatter(server, name).sign_up() for name in ("alice", "bob")]
        room = await alice.make_room("Lobby")
        async with alice.tab(room) as desk, bob.tab(room) as phone:
            ack = await desk.post("hello")
            posted = await phone.sees("message.posted")
            assert posted["id"] == ack["id"]
        assert "Traceback" not in server.text_of_log
