"""A file over HTTP, piece by piece: a slow line holds one piece in memory, and no thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

PIECE_BYTES = 256 * 1024


async def pieces(path: Path) -> AsyncIterator[bytes]:
    # Opened now: who may have it at this moment gets it to its end, even if it is deleted.
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            yield piece
