// The page on which a conversation begins, beside what rooms.js does.

import { PeoplePicker } from "./elements/people-picker.js";

customElements.define("people-picker", PeoplePicker);
