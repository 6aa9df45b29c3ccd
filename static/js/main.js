// The room's page. Parts first: when the page itself is upgraded, it finds them working.

import { SignOut, ThemeSwitch } from "./elements/account-bar.js";
import { ConfirmDialog } from "./elements/confirm-dialog.js";
import { ConnectionStatus } from "./elements/connection-status.js";
import { MessageComposer } from "./elements/message-composer.js";
import { MessageList } from "./elements/message-list.js";
import { MessageMenu } from "./elements/message-menu.js";
import { PeopleList } from "./elements/people-list.js";
import { RoomList } from "./elements/room-list.js";
import { RoomPage } from "./elements/room-page.js";
import { UnsentBar } from "./elements/unsent-bar.js";
import { UserAvatar } from "./elements/user-avatar.js";

customElements.define("user-avatar", UserAvatar);
customElements.define("theme-switch", ThemeSwitch);
customElements.define("confirm-dialog", ConfirmDialog);
customElements.define("connection-status", ConnectionStatus);
customElements.define("message-menu", MessageMenu);
customElements.define("message-list", MessageList);
customElements.define("message-composer", MessageComposer);
customElements.define("people-list", PeopleList);
customElements.define("room-list", RoomList);
customElements.define("sign-out", SignOut);
customElements.define("unsent-bar", UnsentBar);
customElements.define("room-page", RoomPage);
