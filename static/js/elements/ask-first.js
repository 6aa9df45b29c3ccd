/**
 * <ask-first data-title data-text data-action>: its form is sent once the reader is sure. Without
 * a title nothing is asked.
 */
export class AskFirst extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", this);
  }

  disconnectedCallback() {
    this.removeEventListener("submit", this);
  }

  async handleEvent(event) {
    const { title, text, action } = this.dataset;
    if (!title) return;
    event.preventDefault();
    const isSure = await document.querySelector("confirm-dialog").ask({ title, text, action });
    // Not requestSubmit: that would be asked again.
    if (isSure) event.target.submit();
  }
}
