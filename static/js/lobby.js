// The page of all rooms, beside what rooms.js does. Parts first, as in main.js.

import { ConnectionStatus } from "./elements/connection-status.js";
import { LobbyPage } from "./elements/lobby-page.js";
import { RoomCards } from "./elements/room-cards.js";

customElements.define("connection-status", ConnectionStatus);
customElements.define("room-cards", RoomCards);
customElements.define("lobby-page", LobbyPage);
