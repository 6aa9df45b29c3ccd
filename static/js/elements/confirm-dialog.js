/** Asks before something that cannot be undone. */
export class ConfirmDialog extends HTMLElement {
  /**
   * @param {{title: string, text: string, action: string}} question
   * @returns {Promise<boolean>}
   */
  ask({ title, text, action }) {
    const dialog = this.querySelector("dialog");
    this.querySelector(".dialog__title").textContent = title;
    this.querySelector(".dialog__text").textContent = text;
    this.querySelector(".dialog__action").textContent = action;
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    });
  }
}
