import { colour, initials, pictureAddress } from "../model/avatar.js";

const GIVEN = ["username", "name", "picture"];
/** In CSS pixels; the place that it fills has its size already (avatar.css). */
const EDGE = 36;

/**
 * <user-avatar username="ada" name="Ada Lovelace" picture="1c…">: initials on a colour of their own,
 * and a picture over them once it is there.
 */
export class UserAvatar extends HTMLElement {
  #shown = "";

  connectedCallback() {
    const [username, name, picture] = GIVEN.map((each) => this.getAttribute(each));
    if (username) this.show({ username, name, picture });
  }

  /** @param {{username: string, name: string, picture?: string | null}} person */
  show({ username, name, picture }) {
    const shown = [username, name, picture].join("\n");
    // A picture that is drawn anew is away for a moment.
    if (this.#shown === shown) return;
    this.#shown = shown;
    const { hue, isDeep } = colour(username);
    this.style.setProperty("--hue", hue);
    this.classList.toggle("avatar--deep", isDeep);
    this.replaceChildren(initials(name), ...(picture ? [drawn(pictureAddress(username, picture))] : []));
  }
}

function drawn(address) {
  const image = new Image(EDGE, EDGE);
  image.className = "avatar__picture";
  image.alt = "";
  image.loading = "lazy";
  image.decoding = "async";
  image.addEventListener("error", () => image.remove());
  image.src = address;
  return image;
}
