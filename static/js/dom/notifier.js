// Notices on the desktop, and a sound. Of all tabs of an account one tells: the one that holds the
// lock. It hears of every room, of its own by messages and of the others by their counts.

import { roomAddress } from "../model/room-list.js";
import { spoken } from "../model/text.js";
import { gettext, ngettext } from "../model/words.js";

const BODY_CHARS = 180;
/** News of more rooms at once, as after a night's sleep, are one notice. */
const ROOMS_AT_ONCE = 3;
/** Mentions are looked for among so many messages. */
const LOOK_BACK = 20;

export class Notifier {
  #parts;
  #shown = new Map();
  #watch;
  #isTeller = false;
  #release = null;
  #away = null;

  /**
   * @param {object} parts
   * @param {string} parts.username @param {string} parts.room the one on this page
   * @param {string} parts.rooms the address of all rooms
   * @param {import("../model/notifications.js").NoticeChoice} parts.choice
   * @param {(onNews: Function) => import("../model/notifications.js").NewsWatch} parts.watch
   * @param {Function} parts.subjectOf
   * @param {(id: number) => void} parts.goTo a message on this page
   * @param {(address: string) => void} parts.go
   * @param {AbortSignal} parts.signal the end
   */
  constructor(parts) {
    this.#parts = parts;
    this.#watch = parts.watch((news) => this.#tell(news));
    const { signal } = parts;
    const hear = (target, type, act) => target.addEventListener(type, act, { signal });
    hear(document, "visibilitychange", () => this.#visibilityChanged());
    hear(window, "storage", () => this.#review());
    hear(window, "pagehide", () => this.#stop());
    hear(window, "pageshow", () => this.#comeBack());
    signal.addEventListener("abort", () => this.#stop());
    this.#comeBack();
  }

  /** What the socket tells, before it changes what is known of the rooms. */
  hear(event) {
    this.#watch.hear(event);
  }

  get choice() {
    return this.#parts.choice.read();
  }

  /** For who just chose it. */
  trySound() {
    chime();
  }

  choose(choice) {
    this.#parts.choice.change(choice);
    this.#review();
  }

  /** @param {import("../model/notifications.js").News[]} news all that became known at once */
  async #tell(news) {
    if (!this.#isTeller) return;
    const onScreen = await this.#roomsOnScreen();
    const told = news.filter(({ room }) => !onScreen.has(room));
    if (!told.length) return;
    const { desktop, sound } = this.choice;
    if (sound) chime();
    if (!desktop || window.Notification?.permission !== "granted") return;
    if (told.length > ROOMS_AT_ONCE) this.#showMany(told);
    else for (const each of told) this.#show(each);
  }

  /** @param {(room: string) => boolean} isRead */
  forget(isRead) {
    for (const room of this.#shown.keys()) if (isRead(room)) this.#close(room);
  }

  // --- Showing ---

  async #show(news) {
    const message = news.message ?? (await this.#fetchSubject(news));
    const { room, name, count } = news;
    const title = count > 1 ? titleOf(count, name) : name;
    const line = message ? lineOf(message) : "";
    this.#open(room, title, line, () => this.#visit(room, message?.id));
  }

  #showMany(news) {
    const count = news.length;
    const title = ngettext("News in %(count)s room", "News in %(count)s rooms", count);
    this.#open("", title, news.map(({ name }) => name).join(", "), () => {});
  }

  #open(room, title, body, visit) {
    try {
      const tag = `chat:${this.#parts.username}:${room}`;
      const icon = document.querySelector('link[rel="apple-touch-icon"]').href;
      const options = { body, tag, renotify: true, silent: true, icon, dir: "auto" };
      const notice = new Notification(title, options);
      notice.onclick = () => {
        window.focus();
        notice.close();
        visit();
      };
      this.#shown.set(room, notice);
    } catch {
      // Chrome on Android has the constructor and refuses it.
    }
  }

  #close(room) {
    this.#shown.get(room)?.close();
    this.#shown.delete(room);
  }

  #visit(room, id) {
    const { go, goTo, rooms } = this.#parts;
    const hash = id ? `#message-${id}` : "";
    if (room !== this.#parts.room) go(`${roomAddress(rooms, room)}${hash}`);
    else if (id) goTo(id);
  }

  /** What was said; null where that cannot be had: then the notice goes without. */
  async #fetchSubject(news) {
    const { rooms, username, subjectOf } = this.#parts;
    const limit = news.onlyCalls ? LOOK_BACK : 1;
    const address = `${roomAddress(rooms, news.room)}messages/?limit=${limit}`;
    try {
      const response = await fetch(address, { headers: { Accept: "application/json" } });
      const { messages } = await response.json();
      return subjectOf(news, messages, username);
    } catch {
      return null;
    }
  }

  // --- Among tabs ---

  /** Whoever can be seen holds a lock with its room's name, for as long as it can. */
  #visibilityChanged() {
    this.#away?.();
    this.#away = null;
    if (document.hidden || this.#parts.signal.aborted) return;
    this.#close(this.#parts.room);
    this.#away = hold(this.#screenLock(this.#parts.room), { mode: "shared" });
  }

  #screenLock(room) {
    return `on-screen:${this.#parts.username}:${room}`;
  }

  async #roomsOnScreen() {
    const { held = [] } = (await navigator.locks?.query()) ?? {};
    const beginning = this.#screenLock("");
    const names = held.map(({ name }) => name).filter((name) => name.startsWith(beginning));
    const rooms = new Set(names.map((name) => name.slice(beginning.length)));
    if (!document.hidden) rooms.add(this.#parts.room);
    return rooms;
  }

  /** Stands in line to be the one that tells, for as long as anything is to be told. */
  #review() {
    const { desktop, sound } = this.choice;
    if (!desktop && !sound) return this.#leaveLine();
    this.#release ??= hold(`teller:${this.#parts.username}`, {}, () => (this.#isTeller = true));
  }

  #comeBack() {
    this.#visibilityChanged();
    this.#review();
  }

  #leaveLine() {
    this.#release?.();
    this.#release = null;
    this.#isTeller = false;
  }

  #stop() {
    this.#leaveLine();
    this.#away?.();
    this.#away = null;
  }
}

/** Asks for a lock and keeps it until the function that comes back is called. */
function hold(name, options, onHeld = () => {}) {
  const waiting = new AbortController();
  let end;
  const over = new Promise((resolve) => (end = resolve));
  const held = () => {
    onHeld();
    return over;
  };
  if (navigator.locks) {
    navigator.locks.request(name, { ...options, signal: waiting.signal }, held).catch(() => {});
  } else onHeld();
  return () => {
    waiting.abort();
    end();
  };
}

function titleOf(count, name) {
  return ngettext("%(count)s new message in %(name)s", "%(count)s new messages in %(name)s", count, { name });
}

function lineOf(message) {
  const { name } = message;
  const words = spoken(message);
  const text = words.length > BODY_CHARS ? `${words.slice(0, BODY_CHARS).trimEnd()}…` : words;
  return text ? `${name}: ${text}` : gettext("%(name)s sent something", { name });
}

// --- The sound ---

const NOTES = [659.25, 987.77];
const NOTE_SECONDS = 0.11;
const FADE_SECONDS = 0.55;
const LOUDNESS = 0.12;

let audio = null;

/** Two soft notes, a fifth apart. Browsers stay silent until the page was touched once. */
async function chime() {
  try {
    audio ??= new AudioContext();
    await audio.resume();
    NOTES.forEach((pitch, place) => ring(pitch, audio.currentTime + place * NOTE_SECONDS));
  } catch {
    // No sound then.
  }
}

function ring(pitch, start) {
  const tone = new OscillatorNode(audio, { type: "sine", frequency: pitch });
  const volume = new GainNode(audio, { gain: 0 });
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(LOUDNESS, start + 0.012);
  volume.gain.exponentialRampToValueAtTime(0.0001, start + FADE_SECONDS);
  tone.connect(volume).connect(audio.destination);
  tone.start(start);
  tone.stop(start + FADE_SECONDS);
}
