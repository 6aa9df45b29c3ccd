// The pages beside the rooms themselves.

import { SignOut, ThemeSwitch } from "./elements/account-bar.js";
import { AskFirst } from "./elements/ask-first.js";
import { ConfirmDialog } from "./elements/confirm-dialog.js";
import { CopyLink } from "./elements/copy-link.js";
import { LocalDate } from "./elements/local-date.js";
import { TimeAgo } from "./elements/time-ago.js";
import { UserAvatar } from "./elements/user-avatar.js";

customElements.define("user-avatar", UserAvatar);
customElements.define("theme-switch", ThemeSwitch);
customElements.define("time-ago", TimeAgo);
customElements.define("confirm-dialog", ConfirmDialog);
customElements.define("ask-first", AskFirst);
customElements.define("sign-out", SignOut);
customElements.define("copy-link", CopyLink);
customElements.define("local-date", LocalDate);
