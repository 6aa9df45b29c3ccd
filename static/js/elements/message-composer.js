import { quoteAuthor, quoteText } from "../dom/draw-message.js";
import { attempt, bring, cloneTemplate, define, once, write } from "../dom/markup.js";
import { replaceTyped } from "../dom/quirks.js";
import { charactersLeft, cleaned, hasWords, lengthOf, withoutEnd } from "../model/text.js";
import { gettext, ngettext } from "../model/words.js";

const DRAFT_MS = 300;
/** Between two lines and three. */
const TALL_PX = 80;
const REMARK_MS = 4_000;
/** Some input methods tell only by this key code that they are still composing. */
const COMPOSING_KEY = 229;
/** What a completion could follow from; which one says model/completion.js. */
const COMPLETED = /[@:][^\s@:]*:?$/u;
/** Of a message that cannot be edited any more. */
const WITHOUT_TEXT = new Set(["deleted", "missing"]);
const HEARD = [
  "submit",
  "keydown",
  "input",
  "click",
  "compositionend",
  "focusout",
  "paste",
  "change",
  "tray-changed",
  "tray-left",
];
const HEARD_OUTSIDE = ["pagehide", "pageshow", "storage"];

/**
 * The field for a new message, an answer, or another text for a message that is there.
 * Tells `message-send` {text, replyTo, attachments}, `message-save` {id or clientId, text, signal: not
 * wanted any more}, `composer-typed` {text}, `composer-escape` where there was nothing to cancel, and asks with
 * `composer-edit-last`. What completes names and emoji, and the picker,
 * come when they are needed.
 */
export class MessageComposer extends HTMLElement {
  #drafts = null;
  #room = "";
  #limit = Infinity;
  #quoteOf = () => null;
  #edited = null;
  #replyTo = null;
  /** The new message, while another one is being edited. */
  #aside = "";
  /** While an edit is on its way. @type {AbortController | null} */
  #saving = null;
  /** What the notice is about: "line", "files" or anything else. */
  #trouble = "";
  /** The text of the draft as it is kept: another tab may write it. */
  #kept = "";
  #draftTimer = null;
  #remarkTimer = null;
  #touch = matchMedia("(pointer: coarse)");
  #completion = null;
  #completing = null;
  #uploading = null;
  #trayElement = null;
  /** Once its words have the whole width they keep it until they are gone: nothing jumps to and fro. */
  #size = new ResizeObserver(() => this.#field.offsetHeight > TALL_PX && this.classList.add("composer--tall"));
  /** Somebody pressed Send while files were on their way. */
  #isSendingSoon = false;

  connectedCallback() {
    for (const type of HEARD) this.addEventListener(type, this);
    this.#button.addEventListener("pointerdown", this);
    for (const type of HEARD_OUTSIDE) addEventListener(type, this);
    this.#size.observe(this.#field);
  }

  disconnectedCallback() {
    for (const type of HEARD) this.removeEventListener(type, this);
    this.#button.removeEventListener("pointerdown", this);
    for (const type of HEARD_OUTSIDE) removeEventListener(type, this);
    this.#size.disconnect();
  }

  /**
   * @param {object} setting
   * @param {import("../model/kept.js").Drafts} setting.drafts
   * @param {string} setting.room
   * @param {number} setting.limit in code points
   * @param {(id: number) => import("../model/items.js").Quote} setting.quoteOf
   * @param {object} setting.completing what completions are made of (completion-list.js)
   * @param {object} setting.uploading where files go (upload-tray.js)
   */
  prepare({ drafts, room, limit, quoteOf, completing, uploading }) {
    this.#uploading = uploading;
    this.#completing = completing;
    this.#drafts = drafts;
    this.#room = room;
    this.#limit = limit;
    this.#quoteOf = quoteOf;
    const { text = "", replyTo = null, edit = null, attachments = [] } = drafts.read(room);
    if (attachments.length) this.#restoreFiles(attachments);
    // What was typed before this ran (early.js); nothing was sent by Enter then.
    this.#field.value = text + withoutEnd(this.text);
    this.#kept = text;
    this.#replyTo = replyTo;
    if (edit) this.edit(edit);
    this.#refresh();
  }

  get text() {
    return this.#field.value;
  }

  focus() {
    this.#field.focus();
  }

  /** Puts words in front of what is being typed: nothing that was written is thrown away. */
  bringBack(texts) {
    this.#stopEditing();
    this.#field.value = [...texts, this.text].filter(Boolean).join("\n\n");
    this.#refresh();
    this.#keepDraft();
  }

  /** @param {number} id of the message that is answered */
  reply(id) {
    this.#stopEditing();
    this.#replyTo = id;
    this.#refresh();
    this.#keepDraft();
    this.focus();
  }

  /**
   * @param {{id?: number, clientId?: string, text: string, hasFiles: boolean, typed?: string}} message
   *   one's own; or unsent. With files it may be without words. `typed`: what was made of its text.
   */
  edit(message) {
    if (!this.#edited) this.#aside = this.text;
    const { typed = message.text, ...edited } = message;
    this.#edited = edited;
    this.#saving = null;
    this.#field.value = typed;
    this.#refresh();
    this.#keepDraft();
    this.focus();
    this.#field.setSelectionRange(this.text.length, this.text.length);
  }

  /**
   * What was written since then is not.
   * @param {{text: string, signal: AbortSignal}} saved as `message-save` told it
   */
  saved({ text, signal }) {
    if (!this.#isWaitingFor(signal)) return;
    this.#saving = null;
    if (cleaned(this.text) === text) this.#stopEditing();
    else this.#edited = { ...this.#edited, text };
    this.#refresh();
    this.#keepDraft();
    // Whoever went elsewhere meanwhile is left there.
    const { activeElement, body } = document;
    if (!activeElement || activeElement === body || this.contains(activeElement)) this.focus();
  }

  /** The other text stays, so that nothing is lost. @param {object} saved as in `saved` */
  notSaved(detail, { text, signal }) {
    if (this.#isWaitingFor(signal)) this.#saving = null;
    else this.#bringBackBehind(text);
    this.#refresh();
    this.notice(gettext("Not saved. %(detail)s", { detail }));
  }

  /** What is written now goes on, and stands first where it is a new message. */
  #bringBackBehind(text) {
    const join = (before) => [before, text].filter(Boolean).join("\n\n");
    if (this.#edited) this.#aside = join(this.#aside);
    else this.#field.value = join(this.text);
    this.#keepDraft();
  }

  /** Another message may be edited by now, or the same one once more. */
  #isWaitingFor(signal) {
    return this.#saving?.signal === signal;
  }

  /** What is answered, or edited, may have changed. */
  refreshContext() {
    if (this.#edited?.id && WITHOUT_TEXT.has(this.#quoteOf(this.#edited.id)?.state)) this.#keepWords();
    else if (this.#replyTo) this.#showContext();
  }

  /** The message that is edited is gone: what was made of it may be sent as another one. */
  #keepWords() {
    const words = [this.#aside, this.text];
    this.#saving?.abort();
    this.#stopEditing();
    this.#field.value = words.filter(Boolean).join("\n\n");
    this.notice(gettext("The message was deleted meanwhile."));
    this.#refresh();
    this.#keepDraft();
  }

  /** One sentence of trouble under the field, until the next key. */
  notice(text) {
    this.#trouble = "";
    this.#say("notice", text);
  }

  /** Or until the line is back. */
  noticeUntilLive(text) {
    this.notice(text);
    this.#trouble = "line";
  }

  /** One sentence that all went well; it goes by itself, unless it is lasting. */
  remark(text, { isLasting = false } = {}) {
    this.#say("remark", text);
    clearTimeout(this.#remarkTimer);
    this.#remarkTimer = isLasting ? null : setTimeout(() => this.#say("remark", ""), REMARK_MS);
  }

  endLastingRemark() {
    if (this.#remarkTimer === null) this.#say("remark", "");
  }

  /** Nobody writes here, or not this reader: what was typed waits until that changes. */
  get isClosed() {
    return this.querySelector("form").hidden;
  }

  set isClosed(isClosed) {
    this.querySelector("form").hidden = isClosed;
  }

  set isFleeting(isFleeting) {
    this.querySelector(".composer__fleeting").hidden = !isFleeting;
  }

  /** Whether closing the page would lose a file that was chosen. */
  get isAtRisk() {
    return this.#tray?.isAtRisk ?? false;
  }

  /** The line is back: what waits for it goes on. */
  becameLive() {
    if (this.#trouble === "line") this.notice("");
    this.resumeUploads();
  }

  resumeUploads() {
    this.#tray?.resume();
  }

  /** @param {Iterable<File>} files */
  async addFiles(files) {
    const chosen = [...files];
    if (!chosen.length) return;
    if (this.#edited) return this.notice(gettext("A message that was sent gets no further files."));
    const add = async () => {
      await this.#bringTray();
      this.notice(this.#tray.add(chosen));
    };
    await attempt(add, (words) => this.notice(words));
  }

  handleEvent(event) {
    if (event.type === "submit") this.#submitted(event);
    else if (event.type === "keydown") this.#pressed(event);
    else if (event.type === "input") this.#typed(event);
    else if (event.type === "compositionend") this.#complete();
    else if (event.type === "focusout") this.#left();
    else if (event.type === "paste") this.#pasted(event);
    else if (event.type === "change") this.#chose(event.target);
    else if (event.type === "tray-changed") this.#trayChanged();
    else if (event.type === "tray-left") this.focus();
    else if (event.type === "pagehide") this.#keepDraft();
    else if (event.type === "storage" || event.persisted) this.#takeOver();
    else if (event.type === "click") this.#clicked(event);
    // The soft keyboard stays: the button must not take the focus from the field.
    else event.preventDefault();
  }

  /** Whoever goes to another tab finds there what was written here. */
  #left() {
    this.#completion?.close();
    if (this.#draftTimer !== null) this.#keepDraft();
  }

  #pressed(event) {
    if (event.isComposing || event.keyCode === COMPOSING_KEY) return;
    if (event.target === this.#field && this.#completion?.pressed(event)) return;
    if (event.key === "Escape" && (this.#edited || this.#replyTo)) return this.#cancel(event);
    if (event.target !== this.#field) return;
    if (event.key === "Escape" && !this.text && this.#hasNoFiles) this.#tell("composer-escape");
    if (event.key === "ArrowUp") this.#wentUp(event);
    if (event.key === "Enter") this.#entered(event);
  }

  #entered(event) {
    if (event.shiftKey || event.altKey || this.#touch.matches) return;
    event.preventDefault();
    this.#submit();
  }

  #wentUp(event) {
    if (this.text || this.#edited || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.#tell("composer-edit-last");
  }

  #clicked(event) {
    if (event.target.closest(".composer__cancel")) this.#cancel(event);
    else if (event.target.closest(".composer__emoji")) this.#tell("emoji-pick");
    else if (event.target.closest(".composer__attach")) this.querySelector(".composer__files").click();
  }

  #cancel(event) {
    event.preventDefault();
    this.#saving?.abort();
    if (!this.#edited) this.#replyTo = null;
    this.notice("");
    this.#say("remark", "");
    this.#cease();
  }

  #cease() {
    this.#stopEditing();
    this.#refresh();
    this.#keepDraft();
    this.focus();
  }

  #stopEditing() {
    if (!this.#edited) return;
    this.#edited = null;
    this.#saving = null;
    this.#field.value = this.#aside;
    this.#aside = "";
    this.#refresh();
  }

  #submitted(event) {
    event.preventDefault();
    this.#submit();
  }

  #submit() {
    const text = cleaned(this.text);
    if (lengthOf(text) > this.#limit) return this.#refresh();
    if (this.#edited) return this.#save(text);
    if (!hasWords(text) && this.#hasNoFiles) return this.focus();
    if (!this.#areFilesReady()) return this.#refresh();
    const attachments = this.#tray?.take() ?? [];
    this.#tell("message-send", { text, replyTo: this.#replyTo, attachments });
    this.#field.value = "";
    // A script's change of the text tells nobody; and who is meant may still be asked for.
    this.#completion?.close();
    this.#replyTo = null;
    this.#refresh();
    this.#keepDraft();
    this.focus();
  }

  // --- Files

  get #tray() {
    return this.#trayElement?.tray ?? null;
  }

  get #hasNoFiles() {
    return this.#tray?.isEmpty ?? true;
  }

  /** What is on its way is waited for; what failed is for the writer to decide. */
  #areFilesReady() {
    if (this.#hasNoFiles) return true;
    if (this.#tray.hasFailed) {
      this.notice(this.#tray.advice);
      this.#trouble = "files";
      return false;
    }
    this.#isSendingSoon = this.#tray.isBusy;
    this.#say("remark", this.#isSendingSoon ? gettext("Will be sent when the files are uploaded.") : "");
    return !this.#isSendingSoon;
  }

  #trayChanged() {
    this.#refresh();
    if (this.#trouble === "files" && !this.#tray.hasFailed) this.notice("");
    if (this.#tray.isBusy) return;
    this.#keepDraft();
    if (!this.#isSendingSoon) return;
    this.#isSendingSoon = false;
    this.#say("remark", "");
    if (!this.#edited) this.#submit();
  }

  #pasted(event) {
    const { files } = event.clipboardData;
    // Office programs bring a picture of the text along with the text.
    if (!files.length || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    this.addFiles(files);
  }

  #chose(input) {
    if (!input.matches(".composer__files")) return;
    this.addFiles(input.files);
    input.value = "";
    this.focus();
  }

  async #restoreFiles(records) {
    try {
      await this.#bringTray();
      this.#tray.follow(records);
    } catch {
      // They stay in the draft until the next visit.
    }
  }

  #bringTray = once(() => this.#makeTray());

  async #makeTray() {
    const [{ UploadTray }] = await bring(
      import.meta,
      "./upload-tray.js",
      "../model/tray.js",
      "../net/uploads.js",
    );
    define("upload-tray", UploadTray);
    const element = cloneTemplate("upload-tray");
    await element.prepare(this.#uploading);
    this.#field.form.prepend(element);
    this.#trayElement = element;
  }

  #save(text) {
    if (this.#saving) return;
    const { id, clientId, text: before, hasFiles } = this.#edited;
    if (text === before && id) return this.#cease();
    if (!hasWords(text) && !hasFiles) return this.notice(gettext("A message needs some text. To take it back, delete it."));
    this.#saving = new AbortController();
    this.notice("");
    this.#refresh();
    this.#tell("message-save", { id, clientId, text, signal: this.#saving.signal });
  }

  #typed({ isComposing }) {
    this.notice("");
    if (!isComposing) this.#complete();
    this.#refresh();
    clearTimeout(this.#draftTimer);
    this.#draftTimer = setTimeout(() => this.#keepDraft(), DRAFT_MS);
    if (!this.#edited) this.#tell("composer-typed", { text: this.text });
  }

  /**
   * What is typed may be a name or an emoji that can be completed. Where the line is away nothing
   * is, and it is tried again at the next letter.
   */
  async #complete() {
    const before = this.text.slice(0, this.#field.selectionStart);
    if (!this.#completion && COMPLETED.test(before)) await this.#bringCompletion().catch(() => {});
    this.#completion?.update();
  }

  #bringCompletion = once(() => this.#makeCompletion());

  async #makeCompletion() {
    const [{ CompletionList }] = await bring(
      import.meta,
      "./completion-list.js",
      "../dom/caret.js",
      "../model/completion.js",
      "../model/emoji.js",
    );
    define("completion-list", CompletionList);
    const list = cloneTemplate("completion");
    await list.prepare({ field: this.#field, ...this.#completing });
    this.append(list);
    this.#completion = list;
  }

  /** Puts a text where the caret is. */
  insert(text) {
    const { selectionStart: from, selectionEnd: to } = this.#field;
    replaceTyped(this.#field, { from, to }, text);
  }

  #keepDraft() {
    clearTimeout(this.#draftTimer);
    this.#draftTimer = null;
    this.#joinWithUnseen();
    const edit = this.#edited && { ...this.#edited, typed: this.text };
    const text = this.#own;
    const attachments = this.#tray?.records ?? this.#drafts?.read(this.#room).attachments ?? [];
    this.#drafts?.write(this.#room, { text, replyTo: this.#replyTo, edit, attachments });
    // Storage may be full: what is not kept is not to be replaced by what is.
    this.#kept = this.#drafts?.read(this.#room).text ?? "";
  }

  /** Another tab wrote the same draft, or sent it; what was not written by then is left alone. */
  #takeOver() {
    if (!this.#drafts) return;
    const { text = "", replyTo = null, attachments = [] } = this.#drafts.read(this.#room);
    if (this.#own === this.#kept) {
      this.#own = this.#kept = text;
      this.#replyTo = replyTo;
      this.#refresh();
    }
    // Last, for a change in the tray keeps the draft: not with words that were sent meanwhile.
    if (this.#tray) this.#tray.follow(attachments);
    else if (attachments.length) this.#restoreFiles(attachments);
  }

  /** Two tabs were written in at the same moment: neither writes over the other's words. */
  #joinWithUnseen() {
    const { text: there = "" } = this.#drafts?.read(this.#room) ?? {};
    if (!there || there === this.#kept || this.#own.includes(there)) return;
    this.#own = [there, this.#own].filter(Boolean).join("\n\n");
  }

  /** The new message, also while another one is being edited. */
  get #own() {
    return this.#edited ? this.#aside : this.text;
  }

  set #own(text) {
    if (this.#edited) this.#aside = text;
    else this.#field.value = text;
  }

  #refresh() {
    this.#grow();
    if (!this.text) this.classList.remove("composer--tall");
    this.classList.toggle("composer--empty", !this.text.trim() && this.#hasNoFiles);
    this.classList.toggle("composer--editing", Boolean(this.#edited));
    this.setAttribute("aria-busy", Boolean(this.#saving));
    this.#showContext();
    this.#showButton();
    this.#showLeft(charactersLeft(this.text, this.#limit));
  }

  #showContext() {
    const context = this.querySelector(".composer__context");
    const part = (name) => this.querySelector(`.composer__${name}`);
    context.hidden = !this.#edited && !this.#replyTo;
    context.dataset.mode = this.#edited ? "edit" : "reply";
    if (context.hidden) return;
    const quote = this.#edited ? null : this.#quoteOf(this.#replyTo);
    write(part("context-label"), quote ? replyLabel(quote) : this.#editLabel);
    write(part("context-author"), quote && !quote.mine ? quoteAuthor(quote) : "");
    write(part("context-text"), quote ? quoteText(quote) : "");
    write(part("cancel-label"), quote ? gettext("Cancel the reply") : gettext("Cancel editing"));
  }

  get #editLabel() {
    if (this.#saving) return gettext("Saving…");
    return this.#edited.clientId ? gettext("Editing an unsent message") : gettext("Editing your message");
  }

  #showButton() {
    const label = this.#edited ? gettext("Save") : gettext("Send");
    this.#button.setAttribute("aria-label", label);
    this.#button.title = label;
  }

  /** Browsers that know field-sizing do this by themselves. */
  #grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.#field.style.height = "auto";
    this.#field.style.height = `${this.#field.scrollHeight}px`;
  }

  #showLeft(left) {
    const counter = this.querySelector(".composer__counter");
    const isOver = left !== null && left < 0;
    counter.hidden = left === null;
    counter.textContent = left === null ? "" : wordsFor(left, this.#limit);
    this.classList.toggle("composer--over", isOver);
    this.#field.setAttribute("aria-invalid", isOver);
  }

  #say(part, text) {
    this.querySelector(`.composer__${part}`).textContent = text;
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
  }

  get #field() {
    return this.querySelector("textarea");
  }

  get #button() {
    return this.querySelector("button[type=submit]");
  }
}

const replyLabel = ({ mine }) => (mine ? gettext("Replying to yourself") : gettext("Replying to"));

function wordsFor(left, limit) {
  if (left >= 0) return ngettext("%(count)s character left", "%(count)s characters left", left);
  return ngettext(
    "%(count)s character too many: a message has at most %(limit)s.",
    "%(count)s characters too many: a message has at most %(limit)s.",
    -left,
    { limit },
  );
}
