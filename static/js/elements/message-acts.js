import { attempt, bring, cloneTemplate, define, once } from "../dom/markup.js";
import { copyText } from "../dom/quirks.js";
import { gettext } from "../model/words.js";

/**
 * What a reader does with a message that is there, by its menu, its buttons, or the composer; and
 * what lies over the page for it, loaded on use: the emoji picker and the large pictures.
 */
export class MessageActs {
  #page;
  #room;
  #composer;
  #dialog;
  #memory;
  /** How much waits for the line. */
  #waiting = 0;

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.page
   * @param {import("../model/room.js").Room} parts.room
   * @param {import("./message-composer.js").MessageComposer} parts.composer
   * @param {import("./confirm-dialog.js").ConfirmDialog} parts.dialog
   * @param {{storage: Storage | null, username: string}} parts.memory of the emoji used last
   */
  constructor({ page, room, composer, dialog, memory }) {
    this.#page = page;
    this.#room = room;
    this.#composer = composer;
    this.#dialog = dialog;
    this.#memory = memory;
  }

  /** By the events that ask for it. */
  does = {
    "message-save": (change) => this.#save(change),
    "message-retry": ({ item }) => this.#room.outbox.retry(item.clientId),
    "message-rewrite": ({ item }) => this.#composer.edit(editOf(item)),
    "message-discard": ({ item }) => this.#room.outbox.discard(item.clientId),
    "message-react": ({ item, emoji }) => this.#try(this.#room.react(item, emoji)),
    "message-pick": ({ item, button }) => this.#pickReaction(item, button),
    "message-reply": ({ item }) => this.#composer.reply(item.id),
    "message-edit": ({ item }) => this.#composer.edit(editOf(item)),
    "message-link": ({ item }) => this.#copyLink(item),
    "message-copy": ({ item }) => this.#copy(item.text, gettext("Text copied.")),
    "message-unread": ({ item }) => this.#markUnread(item),
    "message-delete": ({ item }) => this.#delete(item),
    "code-copy": ({ text }) => this.#copy(text, gettext("Code copied.")),
    "picture-open": ({ pictures, index }) => this.#openPicture(pictures, index),
    "emoji-pick": () => this.#pickEmoji(),
    "composer-edit-last": () => this.#editLast(),
  };

  /** What the menu of a message has, by the names in `data-offer`. */
  offers(item) {
    return {
      react: this.#room.mayTouch(item),
      reply: !item.deleted && !this.#room.whyClosed,
      edit: this.#room.mayEdit(item),
      link: true,
      copy: !item.deleted && Boolean(item.text),
      unread: this.#room.mayMarkUnread(item),
      delete: this.#room.mayDelete(item),
    };
  }

  async #save(change) {
    const { id, clientId, text, signal } = change;
    if (clientId) return this.#saveUnsent(change);
    const words = gettext("Will be saved when the connection is back.");
    const refusal = await this.#answerTo(this.#room.edit(id, text, signal), words);
    if (!refusal) this.#composer.saved(change);
    else if (!signal.aborted) this.#composer.notSaved(refusal.detail, change);
  }

  #saveUnsent(change) {
    const { clientId, text } = change;
    const isThere = this.#room.outbox.rewrite(clientId, text);
    if (!isThere && text) this.#room.post(text);
    this.#composer.saved(change);
  }

  #editLast() {
    const item = this.#room.lastOwn();
    if (item) this.#composer.edit(editOf(item));
  }

  async #delete(item) {
    const isSure = await this.#dialog.ask({
      title: gettext("Delete this message?"),
      text: gettext("Everybody in the room will see that a message was deleted, but not what it said."),
      action: gettext("Delete"),
    });
    if (isSure) this.#try(this.#room.delete(item.id));
  }

  /** Something small that is asked of the server; a refusal is told in its words. */
  async #try(asked) {
    const refusal = await this.#answerTo(asked, gettext("Will be done when the connection is back."));
    if (refusal) this.#composer.notice(refusal.detail);
  }

  /** @param {string} words that stand there while the line is away, unless others come */
  async #answerTo(asked, words) {
    if (this.#room.isLive) return asked;
    this.#composer.remark(words, { isLasting: true });
    this.#waiting += 1;
    const refusal = await asked;
    this.#waiting -= 1;
    if (!this.#waiting) this.#composer.endLastingRemark();
    return refusal;
  }

  async #pickEmoji() {
    const emoji = await this.#pick(this.#composer.querySelector(".composer__emoji"));
    if (emoji) this.#composer.insert(emoji);
  }

  async #pickReaction(item, button) {
    const emoji = await this.#pick(button);
    if (!emoji) return;
    const isThere = item.reactions.some((reaction) => reaction.emoji === emoji && reaction.mine);
    if (!isThere) this.#try(this.#room.react(item, emoji, true));
  }

  /** @returns {Promise<string | null>} null where nothing was picked */
  #pick(anchor) {
    return this.#attempt(async () => (await this.#bringPicker()).pick(anchor));
  }

  #attempt(act) {
    return attempt(act, (words) => this.#composer.noticeUntilLive(words));
  }

  #bringPicker = once(() => this.#makePicker());

  async #makePicker() {
    const [{ EmojiPicker }] = await bring(import.meta, "./emoji-picker.js", "../model/emoji.js");
    define("emoji-picker", EmojiPicker);
    const picker = cloneTemplate("emoji-picker");
    await picker.prepare(this.#memory);
    this.#page.append(picker);
    return picker;
  }

  #openPicture(pictures, index) {
    this.#attempt(async () => (await this.#bringPictureDialog()).open(pictures, index));
  }

  #bringPictureDialog = once(() => this.#makePictureDialog());

  async #makePictureDialog() {
    const [{ PictureDialog }] = await bring(import.meta, "./picture-dialog.js");
    define("picture-dialog", PictureDialog);
    const dialog = cloneTemplate("pictures");
    await dialog.prepare();
    this.#page.append(dialog);
    return dialog;
  }

  async #copyLink(item) {
    const link = new URL(`#message-${item.id}`, location.href.split("#")[0]).href;
    if (await copyText(link)) this.#composer.remark(gettext("Link copied."));
    else this.#composer.notice(gettext("The browser does not let a page copy. The link is %(link)s", { link }));
  }

  async #copy(text, said) {
    if (await copyText(text)) this.#composer.remark(said);
    else this.#composer.notice(gettext("The browser does not let a page copy."));
  }

  #markUnread(item) {
    if (this.#room.markUnread(item)) this.#composer.remark(gettext("Marked as unread from here."));
    else this.#composer.noticeUntilLive(gettext("Not marked: there is no connection right now."));
  }
}

/** What the composer is told of a message that is to say something else; unsent, it has no id. */
const editOf = ({ id, clientId, text, attachments }) => ({
  ...(id === undefined ? { clientId } : { id }),
  text,
  hasFiles: attachments.length > 0,
});
