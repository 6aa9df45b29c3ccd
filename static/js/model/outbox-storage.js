// Where outboxes keep their entries: by account and room, so that whoever signs in next in the
// same browser neither sees nor sends them.

const DATABASE = "chat";
const VERSION = 1;
const ENTRIES = "outbox";
const LEASES = "leases";
/** Some browsers forget to answer when storage is refused. */
const OPENING_MS = 4_000;

/**
 * What an outbox needs of a storage. All of it is asynchronous and may fail, but for `tell`.
 * @typedef {object} OutboxStorage
 * @property {() => Promise<import("./outbox.js").Entry[]>} load in the order of writing
 * @property {(entry: object, insteadOf?: string) => Promise<void>} put
 * @property {(clientId: string) => Promise<void>} remove
 * @property {(news: object) => void} tell the other tabs
 * @property {((news: object) => void) | null} onNews from the other tabs
 */

/** Keeps what was not sent as long as the page: where the browser refuses to keep more. */
export class MemoryOutboxStorage {
  onNews = null;
  #entries = new Map();

  async load() {
    return inOrder([...this.#entries.values()]);
  }

  async put(entry, insteadOf) {
    this.#entries.delete(insteadOf);
    this.#entries.set(entry.clientId, entry);
  }

  async remove(clientId) {
    this.#entries.delete(clientId);
  }

  tell() {}
}

/** The browser's database, for all outboxes of all accounts. */
export class BrowserStore {
  #parts;
  #database = null;

  /**
   * @param {object} parts
   * @param {IDBFactory | null} parts.indexedDB null where the browser forbids it
   * @param {typeof BroadcastChannel} [parts.BroadcastChannel]
   * @param {object} parts.clock
   */
  constructor(parts) {
    this.#parts = parts;
  }

  /** @returns {OutboxStorage} */
  outbox(username, room) {
    const { BroadcastChannel } = this.#parts;
    const channel = BroadcastChannel && new BroadcastChannel(`outbox:${username}:${room}`);
    return new IndexedOutboxStorage({ store: this, box: [username, room], channel });
  }

  /** Everything of an account that was not sent, in every room. */
  async unsent(username) {
    const range = IDBKeyRange.bound([username], [username, []]);
    return inOrder(await this.use(ENTRIES, "readonly", (entries) => entries.getAll(range)));
  }

  /**
   * @param {(store: IDBObjectStore) => IDBRequest | void} act may make further requests
   * @returns {Promise<unknown>} the result of the request, once the transaction is complete
   */
  async use(name, mode, act) {
    const database = await (this.#database ??= this.#open());
    return new Promise((resolve, reject) => {
      // "strict": on the disk before it counts as kept, as a power cut asks for nothing less.
      const transaction = database.transaction(name, mode, { durability: "strict" });
      const request = act(transaction.objectStore(name));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  }

  /** Takes or prolongs a lease. @returns {Promise<boolean>} false: somebody else has it */
  async claim(name, owner, now, until) {
    let isMine = false;
    await this.use(LEASES, "readwrite", (leases) => {
      leases.get(name).onsuccess = ({ target: { result: held } }) => {
        isMine = !held || held.owner === owner || held.until <= now;
        if (isMine) leases.put({ name, owner, until });
      };
    });
    return isMine;
  }

  async yield(name, owner) {
    await this.use(LEASES, "readwrite", (leases) => {
      leases.get(name).onsuccess = ({ target: { result: held } }) => {
        if (held?.owner === owner) leases.delete(name);
      };
    });
  }

  #open() {
    const { indexedDB, clock } = this.#parts;
    return new Promise((resolve, reject) => {
      if (!indexedDB) throw new Error("no storage");
      const timer = clock.setTimeout(() => reject(new Error("no answer")), OPENING_MS);
      const request = indexedDB.open(DATABASE, VERSION);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(ENTRIES, { keyPath: ["username", "room", "clientId"] });
        request.result.createObjectStore(LEASES, { keyPath: "name" });
      };
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        clock.clearTimeout(timer);
        request.result.onversionchange = () => request.result.close();
        request.result.onclose = () => (this.#database = null);
        resolve(request.result);
      };
    });
  }
}

class IndexedOutboxStorage {
  onNews = null;
  #store;
  #box;
  #channel;

  constructor({ store, box, channel }) {
    this.#store = store;
    this.#box = box;
    this.#channel = channel;
    if (channel) channel.onmessage = ({ data }) => this.onNews?.(data);
  }

  async load() {
    const range = IDBKeyRange.bound(this.#box, [...this.#box, []]);
    return inOrder(await this.#store.use(ENTRIES, "readonly", (entries) => entries.getAll(range)));
  }

  async put(entry, insteadOf) {
    const [username, room] = this.#box;
    await this.#store.use(ENTRIES, "readwrite", (entries) => {
      if (insteadOf) entries.delete([...this.#box, insteadOf]);
      entries.put({ ...entry, username, room });
    });
  }

  async remove(clientId) {
    await this.#store.use(ENTRIES, "readwrite", (entries) => {
      entries.delete([...this.#box, clientId]);
    });
  }

  tell(news) {
    this.#channel?.postMessage(news);
  }
}

export const inOrder = (entries) => entries.sort((a, b) => a.order - b.order);
