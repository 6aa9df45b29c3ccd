// Whose turn it is to send, among the tabs of one browser. A turn is asked for, comes some time
// later, and is given back; who closes the tab or crashes gives it back as well.

const LEASE_MS = 6_000;
const RENEW_MS = 2_000;
const LOOK_AGAIN_MS = 300;

/**
 * @typedef {object} Turn
 * @property {boolean} isMine still: a tab may have slept through the end of its turn
 * @property {() => void} release also before it came
 *
 * @typedef {{request: (name: string, onTurn: () => void) => Turn}} Turns
 */

/** For a page that is not to share anything with another one. @type {Turns} */
export const ownTurns = {
  request(_name, onTurn) {
    const turn = { isMine: true, release: () => (turn.isMine = false) };
    queueMicrotask(() => turn.isMine && onTurn());
    return turn;
  },
};

/** The browser's own locks: only where the page came by https or from this machine. */
export class LockTurns {
  #locks;

  /** @param {LockManager} locks */
  constructor(locks) {
    this.#locks = locks;
  }

  request(name, onTurn) {
    const waiting = new AbortController();
    let end;
    const over = new Promise((resolve) => (end = resolve));
    const turn = { isMine: false, release };
    function release() {
      turn.isMine = false;
      waiting.abort();
      end();
    }
    const hold = () => {
      turn.isMine = true;
      onTurn();
      return over;
    };
    this.#locks.request(name, { signal: waiting.signal }, hold).catch(() => {});
    return turn;
  }
}

/** A lease in the shared database, which runs out by itself: for pages without locks. */
export class LeaseTurns {
  #store;
  #clock;
  #owner;

  /** @param {{store: {claim: Function, yield: Function}, clock: object, owner: string}} parts */
  constructor({ store, clock, owner }) {
    this.#store = store;
    this.#clock = clock;
    this.#owner = owner;
  }

  request(name, onTurn) {
    const lease = new Lease(this.#store, this.#clock, name, `${this.#owner}:${Math.random()}`);
    lease.seek(onTurn);
    return lease;
  }
}

class Lease {
  #store;
  #clock;
  #name;
  #owner;
  #until = 0;
  #isOver = false;
  #timer = null;

  constructor(store, clock, name, owner) {
    this.#store = store;
    this.#clock = clock;
    this.#name = name;
    this.#owner = owner;
  }

  get isMine() {
    return !this.#isOver && this.#clock.now() < this.#until;
  }

  release() {
    this.#isOver = true;
    this.#clock.clearTimeout(this.#timer);
    if (this.#until) this.#store.yield(this.#name, this.#owner).catch(() => {});
  }

  async seek(onTurn) {
    if (await this.#claim()) {
      onTurn();
      this.#later(RENEW_MS, () => this.#renew());
    } else this.#later(LOOK_AGAIN_MS, () => this.seek(onTurn));
  }

  /** Who slept too long finds it taken, and has no turn any more. */
  async #renew() {
    if (await this.#claim()) this.#later(RENEW_MS, () => this.#renew());
  }

  async #claim() {
    const now = this.#clock.now();
    const until = now + LEASE_MS;
    const claim = this.#store.claim(this.#name, this.#owner, now, until);
    const isMine = await claim.catch(() => false);
    if (isMine) this.#until = until;
    if (isMine && this.#isOver) this.release();
    return isMine && !this.#isOver;
  }

  #later(delay, act) {
    if (!this.#isOver) this.#timer = this.#clock.setTimeout(act, delay);
  }
}
