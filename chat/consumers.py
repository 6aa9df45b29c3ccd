"""The socket: accept, decode, dispatch, answer, close.

An idle socket has one task, which reads. What the client asks for is done in order by a second
one, as long as there is something; what the line does not take at once is sent by a third. So a
slow query holds up neither the reading nor anybody else, and a ping is answered meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import msgspec
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth.models import AnonymousUser
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.languages import language_of
from accounts.sign_ins import prepared
from chat import arrivals, commands, events, protocol, revocation
from chat.actions.posting import Posted, formatted, store_soon
from chat.actions.reading import read_soon
from chat.errors import ChatError, CloseCode, bad_frame, unavailable
from chat.limits import (
    FRAME_BYTES,
    MALFORMED_FRAMES,
    POSTS_UNDER_WAY,
    TURN_SECONDS,
    WAITING_CHARS,
    WAITING_COMMANDS,
)
from chat.markup import needs_markup
from chat.node import node
from chat.realtime import topics
from chat.realtime.connection import Connection
from chat.realtime.inbox import Inbox
from chat.realtime.sink import FrameSink, SendSink, Sink
from chat.realtime.together import Together
from chat.realtime.writer import Overloaded
from chat.subscriptions import Subscriptions, entered
from chat.visit import Receive, Visit

if TYPE_CHECKING:
    from accounts.models import User

log = logging.getLogger("chat.consumers")

Waiting = tuple[protocol.Envelope, protocol.Command]


welcomed: Together[arrivals.Newcomer, str] = Together(
    lambda newcomers: node.read(arrivals.welcomes, newcomers)
)


class ChatConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """One socket of a signed-in user, for any number of rooms."""

    connection: Connection | None = None
    was_aborted = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """As AsyncConsumer's, but without a channel of its own (the node's bus serves all), which
        costs a task and a queue, and without a task for every message."""
        self.scope = scope
        self.base_send = send
        visit: Visit | None = scope.pop("visit", None)
        if visit is None:
            await self.converse(receive)
        else:
            self.base_send = visit.send
            visit.goes_on = self.converse

    async def converse(self, receive: Receive) -> None:
        self.task = asyncio.current_task()
        self.worker: asyncio.Task[None] | None = None
        self.inbox: Inbox[Waiting] = Inbox(most=WAITING_COMMANDS, most_chars=WAITING_CHARS)
        self.under_way = asyncio.Semaphore(POSTS_UNDER_WAY)
        self.malformed_in_a_row = 0
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        except asyncio.CancelledError:
            if not self.was_aborted:
                raise
        finally:
            # Not in disconnect(): Channels does not call that when a handler raises, or when the
            # server cancels the application.
            self.depart()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """As in AsyncConsumer, but without its change of thread before every message."""
        handler = {
            "websocket.connect": self.websocket_connect,
            "websocket.receive": self.websocket_receive,
            "websocket.disconnect": self.websocket_disconnect,
        }[message["type"]]
        await handler(message)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        """As Channels', but without a change of thread to close database connections."""
        raise StopConsumer

    async def close(self, code: int | None = None, reason: str | None = None) -> None:
        # autobahn, under daphne, takes no kind of integer but the plain one.
        await super().close(None if code is None else int(code), reason)

    # --- Coming and going

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        # Accepted first, whoever it is: of a refused handshake a browser learns nothing.
        await self.accept()
        user: User | AnonymousUser = self.scope["user"]
        if isinstance(user, AnonymousUser):
            self.scope = {}
            await self.close(CloseCode.NOT_SIGNED_IN)
        elif not await node.has_place_for(user.pk):
            await self.close(CloseCode.TOO_MANY_CONNECTIONS)
        else:
            self.arrive(user)

    def arrive(self, user: User) -> None:
        # Thousands of sockets keep theirs, and need no more of it.
        self.user = user.in_brief()
        self.came_at: float = self.scope.get("came_at", 0.0)
        self.slug: str | None = self.scope["url_route"]["kwargs"].get("slug")
        batches = parse_qs(self.scope["query_string"].decode("latin-1")).get("batch") == ["1"]
        self.connection = Connection(
            user_id=user.pk,
            session_key=self.scope["session"].session_key,
            sink=self.sink(),
            pace=node.hub.pace if batches else None,
            abort=self.abort,
            expelled=self.expelled,
            too_slow=CloseCode.TOO_SLOW,
        )
        self.language = language_of(user, accept_language(self.scope))
        self.sender = commands.Sender(self.user, self.connection.id)
        self.subscriptions = Subscriptions(self.user, self.connection)
        self.connection.hold()
        node.add(self.connection)
        self.forget_handshake()
        self.begin(self.arriving(self.connection))

    def sink(self) -> Sink:
        frames = self.scope.get("extensions", {}).get("chatapp.frames")
        if frames is None:
            return SendSink(self.base_send)
        write_at_once, write_frame, wait_until_writable = frames
        return FrameSink(write_at_once, write_frame, wait_until_writable, self.base_send)

    def forget_handshake(self) -> None:
        """What let it in would be kept for as long as it is open."""
        prepared.set(None)
        self.scope = {}

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        self.worker = asyncio.get_running_loop().create_task(work)

    def abort(self) -> None:
        """The line takes nothing any more: leave, and the server cuts it."""
        self.was_aborted = True
        if self.task:
            self.task.cancel()

    def expelled(self, room_id: int, slug: str, event: str) -> None:
        """Put out of a room: nothing more of it, not even what was queued."""
        if self.connection is None:
            return
        self.subscriptions.leave(slug)
        self.connection.take_back(topics.room(room_id))
        self.connection.deliver(event)
        if slug == self.slug:
            self.connection.close(CloseCode.REMOVED, after_queue=True)

    def depart(self) -> None:
        if self.worker:
            self.worker.cancel()
        if self.connection:
            self.subscriptions.end()
            node.remove(self.connection)
            self.connection.end()

    # --- Reading

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        connection = self.connection
        if connection is None or connection.is_closing:
            return
        text = message.get("text")
        if text is not None and is_too_large(text):
            connection.close(CloseCode.FRAME_TOO_LARGE, after_queue=True)
            return
        envelope = protocol.Envelope()
        try:
            if text is None:
                raise bad_frame(_("Frames have to be text, not binary."))
            envelope = protocol.decode_envelope(text)
            command = protocol.decode_command(envelope, text)
            self.malformed_in_a_row = 0
            await self.take(connection, envelope, command, len(text))
        except ChatError as refusal:
            self.answer(connection, envelope, self.error(envelope, refusal))
            if refusal.code == "bad_frame":
                self.count_malformed(connection)

    async def take(
        self,
        connection: Connection,
        envelope: protocol.Envelope,
        command: protocol.Command,
        chars: int,
    ) -> None:
        """Answer a ping at once; everything else waits for its turn.

        With too much waiting nothing more is read, which slows the client down, until it gets
        an answer that says so.
        """
        if isinstance(command, protocol.Ping):
            heads = self.subscriptions.heads()
            self.answer(connection, envelope, protocol.Pong(time=now(), heads=heads))
            return
        command.room = command.room or self.slug
        try:
            await self.inbox.put((envelope, command), chars, patience=TURN_SECONDS)
        except TimeoutError:
            raise unavailable() from None
        if self.worker is None:
            self.begin(self.work(connection))

    def count_malformed(self, connection: Connection) -> None:
        self.malformed_in_a_row += 1
        if self.malformed_in_a_row >= MALFORMED_FRAMES:
            connection.close(CloseCode.BROKEN_CLIENT, after_queue=True)

    # --- Doing

    async def arriving(self, connection: Connection) -> None:
        if await self.is_welcome(connection):
            await self.work(connection)

    async def work(self, connection: Connection) -> None:
        """Do what waits, one after the other, until nothing does."""
        while not connection.is_closing and (waiting := self.inbox.take()):
            envelope, command = waiting
            try:
                if isinstance(command, protocol.PostMessage):
                    await self.post(connection, envelope, command)
                elif answer := await self.perform(command):
                    self.answer(connection, envelope, answer)
            except Exception as problem:
                self.answer(connection, envelope, self.refused(envelope, problem))
        self.worker = None

    async def is_welcome(self, connection: Connection) -> bool:
        """Send `welcome`, and on a per-room address subscribe; or close with the reason."""
        try:
            # From here on nothing that is said to this user is missed; then comes what was.
            await node.bus.is_followed(topics.user(self.user.pk))
            revocation.meet(connection, self.came_at)
            entrance = None
            if self.slug is not None:
                entrance = await entered(arrivals.Visitor(self.user, self.slug))
            newcomer = arrivals.Newcomer(self.user, connection.id)
            connection.greet(await welcomed(newcomer))
            if entrance:
                await self.subscriptions.begin(entrance, after=None)
        except Exception as problem:
            refusal = commands.as_refusal(problem)
            if refusal is None:
                log.exception("User %s could not be welcomed.", self.user.pk)
            connection.close(close_code(refusal), after_queue=True)
            return False
        return True

    async def perform(self, command: protocol.Command) -> protocol.Answer | None:
        if action := commands.WRITES.get(type(command)):
            commands.hurry_to_write(self.user, command)
            # In a reader's thread: only what really changes something takes the writer's time.
            return await node.read(action, self.sender, command)
        match command:
            case protocol.ReadRoom():
                commands.hurry_slowly(self.user)
                reading = await node.read(commands.as_reading, self.sender, command)
                await read_soon(reading)
                return protocol.Ok()
            case protocol.Subscribe():
                commands.hurry_slowly(self.user, node.replays)
                slug = commands.room_of(command)
                entrance = await entered(arrivals.Visitor(self.user, slug))
                await self.subscriptions.begin(entrance, after=command.after, ref=command.ref)
            case protocol.Unsubscribe():
                self.subscriptions.leave(commands.room_of(command))
                return protocol.Ok()
            case protocol.StartTyping() | protocol.StopTyping():
                is_typing = isinstance(command, protocol.StartTyping)
                self.subscriptions.tell_typing(commands.room_of(command), is_typing=is_typing)
            case protocol.BecomeIdle() | protocol.BecomeActive():
                is_idle = isinstance(command, protocol.BecomeIdle)
                self.subscriptions.set_idle(is_idle=is_idle)
        return None

    # --- Posting: many may be under way at once, and are answered in order after their commit

    async def post(
        self, connection: Connection, envelope: protocol.Envelope, command: protocol.PostMessage
    ) -> None:
        post = commands.as_post(self.sender, command)
        if needs_markup(post.text):
            post = await node.read(formatted, post)
        await self.under_way.acquire()
        try:
            store_soon(
                post, lambda done: node.bus.steer(self.answer_post, connection, envelope, done)
            )
        except Overloaded:
            self.under_way.release()
            raise

    def answer_post(
        self, connection: Connection, envelope: protocol.Envelope, outcome: Posted | Exception
    ) -> None:
        self.under_way.release()
        if isinstance(outcome, Exception):
            self.answer(connection, envelope, self.refused(envelope, outcome))
        else:
            ack = events.ack(outcome.message, duplicate=outcome.duplicate)
            if isinstance(envelope.client_id, str):
                # As it was written: not every client writes a UUID in small letters.
                ack.client_id = envelope.client_id
            self.answer(connection, envelope, ack)

    def refused(self, envelope: protocol.Envelope, problem: Exception) -> protocol.Error:
        refusal = commands.as_refusal(problem)
        if refusal is None:
            log.error("%s of user %s failed.", envelope.type, self.user.pk, exc_info=problem)
            refusal = ChatError("unavailable", _("That did not work."), retry_after=5.0)
        return self.error(envelope, refusal)

    def error(self, envelope: protocol.Envelope, refusal: ChatError) -> protocol.Error:
        # Nothing is awaited meanwhile: the loop has no language of its own.
        with translation.override(self.language):
            detail = refusal.detail
        return protocol.Error(
            code=refusal.code,
            detail=detail,
            client_id=envelope.client_id if isinstance(envelope.client_id, str) else msgspec.UNSET,
            retry_after=refusal.retry_after or msgspec.UNSET,
        )

    def answer(
        self, connection: Connection, envelope: protocol.Envelope, answer: protocol.Answer
    ) -> None:
        if envelope.ref is not None:
            answer.ref = envelope.ref
        connection.deliver(protocol.encode(answer))


def accept_language(scope: dict[str, Any]) -> str:
    found = (value for name, value in scope["headers"] if name == b"accept-language")
    return next(found, b"").decode("latin-1")


def close_code(refusal: ChatError | None) -> CloseCode:
    codes = {
        "not_signed_in": CloseCode.NOT_SIGNED_IN,
        "no_such_room": CloseCode.NO_SUCH_ROOM,
        "forbidden": CloseCode.REMOVED,
    }
    return codes.get(refusal.code if refusal else "", CloseCode.CANNOT_SERVE_NOW)


def is_too_large(text: str) -> bool:
    """Whether a frame has more bytes than one may. uvicorn closes before with 1009."""
    return len(text) > FRAME_BYTES or (
        len(text) * 4 > FRAME_BYTES and len(text.encode()) > FRAME_BYTES
    )


def now() -> str:
    return protocol.timestamp(datetime.now(UTC))
