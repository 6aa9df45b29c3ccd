// The files that go with the message that is being written: on their way to the server, there, or
// in trouble. What could not be sent for want of a line waits for it. Pure.

import { sizeOf } from "./text.js";
import { gettext, ngettext } from "./words.js";

const AT_ONCE = 2;
const NO_ANSWER = 0;
/** Refusals that pass by themselves. */
const PASSING = new Set([429, 503]);
/** These would be answered in the same way again. */
const FINAL = new Set([400, 413]);
const PAUSE_SECONDS = 5;
/** Nobody may tell that the line is back. */
const LINE_SECONDS = 15;
/** The server forgets after a day what was not sent. */
const KEPT_MS = 20 * 3600 * 1000;

/**
 * @typedef {object} Entry
 * @property {number} number
 * @property {string} name
 * @property {number} size in bytes
 * @property {string} type as the browser guesses
 * @property {File | null} file null: it was uploaded on an earlier visit
 * @property {"queued"|"uploading"|"waiting"|"failed"|"done"} state
 * @property {number} progress 0 to 1
 * @property {string} trouble words for people
 * @property {boolean} canRetry after it failed
 * @property {object | null} record what the server told of it
 */

export class Tray {
  /** @type {Entry[]} */
  entries = [];
  #upload;
  #takeBack;
  #limits;
  #clock;
  #onChange;
  #last = 0;
  #aborts = new Map();
  #timer = null;

  /**
   * @param {object} parts
   * @param {(file: File, onProgress: Function, signal: AbortSignal) => Promise<object>} parts.upload
   * @param {(record: object) => void} parts.takeBack forget one that will not be sent
   * @param {{upload_bytes: number, attachments: number}} parts.limits
   * @param {object} parts.clock
   * @param {() => void} parts.onChange
   */
  constructor({ upload, takeBack, limits, clock, onChange }) {
    this.#upload = upload;
    this.#takeBack = takeBack;
    this.#limits = limits;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get isEmpty() {
    return this.entries.length === 0;
  }

  /** Something is on its way, or will be. */
  get isBusy() {
    return this.entries.some(({ state }) => ["queued", "uploading", "waiting"].includes(state));
  }

  get hasFailed() {
    return this.#failed.length > 0;
  }

  /** What is to be done about those that failed before the message can be sent. */
  get advice() {
    const failed = this.#failed;
    if (failed.some(({ canRetry }) => canRetry)) {
      return ngettext(
        "%(count)s file was not uploaded. Try it again or remove it, then send.",
        "%(count)s files were not uploaded. Try them again or remove them, then send.",
        failed.length,
      );
    }
    return ngettext(
      "%(count)s file cannot be sent. Remove it, then send.",
      "%(count)s files cannot be sent. Remove them, then send.",
      failed.length,
    );
  }

  get #failed() {
    return this.entries.filter(({ state }) => state === "failed");
  }

  /** Whether closing the page would lose a file. */
  get isAtRisk() {
    return this.entries.some(({ state }) => state !== "done");
  }

  /** What the message will hold, in the order of choosing. */
  get records() {
    return this.entries.map(({ record }) => record).filter(Boolean);
  }

  /** @param {Iterable<File>} files @returns {string} what is wrong with some of them, in words */
  add(files) {
    const { attachments: most } = this.#limits;
    // What failed for good is not sent.
    let room = most - this.entries.filter(({ state, canRetry }) => state !== "failed" || canRetry).length;
    let left = 0;
    for (const file of files) {
      const entry = this.#entryOf(file);
      const isTaken = entry.state === "failed" ? this.#failed.length < most : room > 0;
      if (entry.state !== "failed" && isTaken) room -= 1;
      if (isTaken) this.entries = [...this.entries, entry];
      else left += 1;
    }
    this.#go();
    if (!left) return "";
    return ngettext(
      "A message has at most %(most)s files: %(count)s was left out.",
      "A message has at most %(most)s files: %(count)s were left out.",
      left,
      { most },
    );
  }

  /** Uploaded on an earlier visit. @param {object[]} records */
  restore(records) {
    const since = this.#clock.now() - KEPT_MS;
    for (const record of records.filter(({ uploadedAt }) => uploadedAt > since)) {
      const { name, size, content_type: type } = record;
      const entry = this.#make({ name, size, type, state: "done", progress: 1, record });
      this.entries = [...this.entries, entry];
    }
    this.#onChange();
  }

  /** Another tab has the same draft: what it sent or removed goes here as well, and what it has comes. */
  follow(records) {
    const ids = new Set(records.map(({ id }) => id));
    const held = new Set(this.records.map(({ id }) => id));
    const kept = this.entries.filter(({ record }) => !record || ids.has(record.id));
    const isSame = kept.length === this.entries.length && records.every(({ id }) => held.has(id));
    if (isSame) return;
    this.entries = kept;
    this.restore(records.filter(({ id }) => !held.has(id)));
  }

  remove(number) {
    const entry = this.#find(number);
    if (!entry) return;
    this.entries = this.entries.filter((each) => each !== entry);
    this.#aborts.get(number)?.abort();
    if (entry.record) this.#takeBack(entry.record);
    this.#go();
  }

  retry(number) {
    this.#set(number, { state: "queued", trouble: "" });
    this.#go();
  }

  /** The line is back, or the pause over. */
  resume() {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    for (const { number, state } of this.entries) {
      if (state === "waiting") this.#set(number, { state: "queued", trouble: "" });
    }
    this.#go();
  }

  /** They go with a message now. @returns {object[]} */
  take() {
    const { records } = this;
    this.entries = [];
    this.#onChange();
    return records;
  }

  // --- On their way

  #entryOf(file) {
    const { name, size, type } = file;
    const trouble = this.#troubleOf(file);
    const state = trouble ? "failed" : "queued";
    return this.#make({ name, size, type, file, state, trouble, canRetry: false });
  }

  #make(fields) {
    this.#last += 1;
    return { number: this.#last, file: null, progress: 0, trouble: "", canRetry: false, record: null, ...fields };
  }

  #troubleOf({ size }) {
    if (size === 0) return gettext("This file is empty.");
    const { upload_bytes: most } = this.#limits;
    return size > most ? gettext("Too large: at most %(size)s.", { size: sizeOf(most) }) : "";
  }

  #go() {
    const free = AT_ONCE - this.#aborts.size;
    const next = this.entries.filter(({ state }) => state === "queued").slice(0, Math.max(0, free));
    for (const entry of next) this.#send(entry);
    this.#onChange();
  }

  async #send({ number, file }) {
    const abort = new AbortController();
    this.#aborts.set(number, abort);
    this.#set(number, { state: "uploading", progress: 0 });
    const onProgress = (progress) => {
      this.#set(number, { progress });
      this.#onChange();
    };
    const outcome = await this.#upload(file, onProgress, abort.signal).catch((error) => ({ error }));
    this.#aborts.delete(number);
    if (outcome.error) this.#fail(number, outcome.error);
    else this.#arrived(number, outcome);
    this.#go();
  }

  #arrived(number, record) {
    // Removed in the very moment in which it arrived.
    if (!this.#find(number)) return this.#takeBack(record);
    const uploadedAt = this.#clock.now();
    this.#set(number, { state: "done", progress: 1, record: { ...record, uploadedAt } });
  }

  #fail(number, { status = NO_ANSWER, message, retryAfter }) {
    if (status === NO_ANSWER) {
      this.#wait(number, gettext("Waiting for the connection."), LINE_SECONDS);
    } else if (PASSING.has(status)) {
      this.#wait(number, message || gettext("Will be tried again soon."), retryAfter ?? PAUSE_SECONDS);
    } else {
      const canRetry = !FINAL.has(status);
      this.#set(number, { state: "failed", trouble: message || wordsFor(status), canRetry });
    }
  }

  #wait(number, trouble, seconds) {
    this.#set(number, { state: "waiting", trouble });
    this.#timer ??= this.#clock.setTimeout(() => this.resume(), seconds * 1000);
  }

  #find(number) {
    return this.entries.find((entry) => entry.number === number);
  }

  #set(number, changes) {
    this.entries = this.entries.map((entry) =>
      entry.number === number ? { ...entry, ...changes } : entry,
    );
  }
}

function wordsFor(status) {
  if (status === 413) return gettext("The server says it is too large.");
  return gettext("The server did not accept it.");
}
