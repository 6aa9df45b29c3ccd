import { colour, initials } from "../model/avatar.js";

/** <user-avatar username="ada" name="Ada Lovelace">: initials on a colour of their own. */
export class UserAvatar extends HTMLElement {
  connectedCallback() {
    const { username, name } = this.#given();
    if (username) this.show({ username, name });
  }

  /** @param {{username: string, name: string}} person */
  show({ username, name }) {
    this.textContent = initials(name);
    const { hue, isDeep } = colour(username);
    this.style.setProperty("--hue", hue);
    this.classList.toggle("avatar--deep", isDeep);
  }

  #given() {
    return { username: this.getAttribute("username"), name: this.getAttribute("name") };
  }
}
