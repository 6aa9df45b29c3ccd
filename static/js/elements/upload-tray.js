import { readersLocale } from "../dom/locale.js";
import { bringStyles, cloneTemplate, csrfToken, write } from "../dom/markup.js";
import { sizeOf } from "../model/text.js";
import { Tray } from "../model/tray.js";
import { gettext, ngettext } from "../model/words.js";
import { uploadFile } from "../net/uploads.js";

/** What is shown before the server has looked at it. */
const SHOWN = new Set(["image/jpeg", "image/png", "image/gif", "image/webp"]);

/** The files that go with the next message. Tells `tray-changed`. */
export class UploadTray extends HTMLElement {
  #tray = null;
  #rows = new Map();

  connectedCallback() {
    this.addEventListener("click", this);
  }

  /**
   * @param {object} setting
   * @param {string} setting.address
   * @param {{upload_bytes: number, attachments: number}} setting.limits
   * @param {object} setting.clock
   */
  async prepare({ address, limits, clock }) {
    await bringStyles("tray");
    const token = csrfToken();
    const headers = { Accept: "application/json", "X-CSRFToken": token };
    this.#tray = new Tray({
      limits,
      clock,
      upload: (file, onProgress, signal) =>
        uploadFile({ address, file, token, onProgress, signal, XMLHttpRequest }),
      // Where it cannot be told, the server forgets it by itself.
      takeBack: ({ url }) => void fetch(url, { method: "DELETE", headers }).catch(() => {}),
      onChange: () => this.#draw(),
    });
  }

  get tray() {
    return this.#tray;
  }

  handleEvent({ target, detail }) {
    const button = target.closest("button[data-does]");
    // The second of two quick clicks meets what has moved under the pointer.
    if (!button || detail > 1) return;
    const number = Number(button.closest("li").dataset.number);
    if (button.dataset.does === "retry") return this.#tray.retry(number);
    this.#tray.remove(number);
    this.dispatchEvent(new CustomEvent("tray-left", { bubbles: true }));
  }

  #draw() {
    const { entries } = this.#tray;
    this.hidden = !entries.length;
    const list = this.querySelector(".tray__list");
    this.#forgetAllBut(new Set(entries.map(({ number }) => number)));
    for (const entry of entries) {
      const row = this.#rows.get(entry.number) ?? this.#rowOf(entry);
      if (!row.isConnected) list.append(row);
      redraw(row, entry);
    }
    write(this.querySelector("[role=status]"), wordsFor(this.#tray));
    this.dispatchEvent(new CustomEvent("tray-changed", { bubbles: true }));
  }

  #rowOf(entry) {
    const row = cloneTemplate("tray-file");
    row.dataset.number = entry.number;
    row.querySelector(".tray__name").textContent = entry.name;
    row.querySelector(".tray__name").title = entry.name;
    const remove = gettext("Remove %(name)s", { name: entry.name });
    row.querySelector("[data-does=remove]").setAttribute("aria-label", remove);
    row.querySelector("[data-does=retry]").setAttribute("aria-label", gettext("Retry %(name)s", { name: entry.name }));
    row.querySelector("progress").setAttribute("aria-label", entry.name);
    const image = row.querySelector("img");
    const source = previewOf(entry);
    if (source) image.src = source;
    image.hidden = !source;
    row.querySelector(".tray__icon").toggleAttribute("hidden", Boolean(source));
    this.#rows.set(entry.number, row);
    return row;
  }

  #forgetAllBut(kept) {
    for (const [number, row] of this.#rows) {
      if (kept.has(number)) continue;
      const { src } = row.querySelector("img");
      if (src.startsWith("blob:")) URL.revokeObjectURL(src);
      row.remove();
      this.#rows.delete(number);
    }
  }
}

function previewOf({ file, type, record }) {
  if (record) return record.thumbnail;
  return file && SHOWN.has(type) ? URL.createObjectURL(file) : null;
}

function redraw(row, { state, progress, trouble, size, canRetry }) {
  // It asks for something.
  const isNews = state === "failed" && row.dataset.state !== state;
  row.dataset.state = state;
  const bar = row.querySelector("progress");
  bar.hidden = state === "done" || state === "failed";
  if (state === "uploading") bar.value = progress;
  else bar.removeAttribute("value");
  if (state === "queued" || state === "waiting") bar.value = 0;
  write(row.querySelector(".tray__words"), trouble || sizeOf(size, readersLocale()));
  row.querySelector("[data-does=retry]").hidden = state !== "failed" || !canRetry;
  const list = row.parentElement;
  if (isNews) list.scrollTop = row.offsetTop - list.offsetTop;
}

function wordsFor(tray) {
  const { entries } = tray;
  if (!entries.length) return "";
  const failed = entries.filter(({ state }) => state === "failed").length;
  if (failed) return ngettext("%(count)s file was not uploaded", "%(count)s files were not uploaded", failed);
  const count = entries.filter(({ state }) => state !== "done").length;
  if (count) return ngettext("Uploading %(count)s file", "Uploading %(count)s files", count);
  return ngettext("%(count)s file ready to be sent", "%(count)s files ready to be sent", entries.length);
}
