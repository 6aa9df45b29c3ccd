// What the pure parts take by argument, in a form that tests can hold in their hands.

/** Time that passes only when told to. */
export class FakeClock {
  #now = Date.UTC(2026, 10, 20, 12);
  #timers = new Map();
  #made = 0;

  now = () => this.#now;

  setTimeout = (callback, delay) => {
    const id = (this.#made += 1);
    this.#timers.set(id, { callback, due: this.#now + Math.max(0, delay), id });
    return id;
  };

  clearTimeout = (id) => {
    this.#timers.delete(id);
  };

  /** Lets time pass; timers fire in their order, at their moment. */
  pass(ms) {
    const end = this.#now + ms;
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers.delete(next.id);
      this.#now = Math.max(this.#now, next.due);
      next.callback();
    }
    this.#now = end;
  }

  /** Time passes and no timer fires, as while a machine sleeps; then they all come late. */
  sleep(ms) {
    this.#now += ms;
  }

  get pending() {
    return this.#timers.size;
  }

  #next(end) {
    return [...this.#timers.values()]
      .filter((timer) => timer.due <= end)
      .sort((a, b) => a.due - b.due || a.id - b.id)[0];
  }
}

/** A WebSocket whose other end is the test. */
export function fakeWebSocket() {
  return class FakeWebSocket {
    static made = [];
    static get last() {
      return this.made.at(-1);
    }

    sent = [];
    isClosed = false;

    constructor(address) {
      this.address = address;
      this.constructor.made.push(this);
    }

    send(text) {
      this.sent.push(JSON.parse(text));
    }

    close() {
      this.isClosed = true;
    }

    hears(...events) {
      this.onmessage?.({ data: JSON.stringify(events.length === 1 ? events[0] : events) });
    }

    ends(code) {
      this.onclose?.({ code });
    }
  };
}

/** Random numbers that repeat for a seed (mulberry32). */
export function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const below = (random, limit) => Math.floor(random() * limit);

export const pick = (random, list) => list[below(random, list.length)];

export function shuffled(random, list) {
  const copy = [...list];
  for (let index = copy.length - 1; index > 0; index -= 1) {
    const other = below(random, index + 1);
    [copy[index], copy[other]] = [copy[other], copy[index]];
  }
  return copy;
}

/** Runs a check with many seeds; the one that fails is named. */
export async function withSeeds(count, check) {
  for (let seed = 1; seed <= count; seed += 1) {
    try {
      await check(randomFrom(seed), seed);
    } catch (error) {
      error.message = `with seed ${seed}: ${error.message}`;
      throw error;
    }
  }
}

/** Everything that waits for a promise has had its turn. */
export async function quiet() {
  for (let round = 0; round < 3; round += 1) await new Promise(setImmediate);
}

/** What a browser keeps for all its tabs: entries, and whose turn it is. */
export class FakeBrowser {
  kept = new Map();
  isBroken = false;
  #tabs = new Set();
  #lines = new Map();

  /** A tab's storage. */
  storage() {
    const act = async (use) => {
      await Promise.resolve();
      if (this.isBroken) throw new Error("disk full");
      return use();
    };
    const tab = {
      onNews: null,
      load: () => act(() => [...this.kept.values()].sort((a, b) => a.order - b.order)),
      put: (entry, insteadOf) =>
        act(() => {
          this.kept.delete(insteadOf);
          this.kept.set(entry.clientId, structuredClone(entry));
        }),
      remove: (clientId) => act(() => void this.kept.delete(clientId)),
      tell: (news) => this.#tabs.forEach((other) => other !== tab && other.onNews?.(news)),
    };
    this.#tabs.add(tab);
    return tab;
  }

  /** Turns as the browser's locks give them: one after the other. */
  get turns() {
    return {
      request: (name, onTurn) => {
        const line = this.#lines.get(name) ?? [];
        this.#lines.set(name, line);
        const turn = { isMine: false, onTurn, release: () => this.#release(line, turn) };
        line.push(turn);
        if (line[0] === turn) this.#begin(turn);
        return turn;
      },
    };
  }

  #begin(turn) {
    queueMicrotask(() => {
      if (turn.isOver) return;
      turn.isMine = true;
      turn.onTurn();
    });
  }

  #release(line, turn) {
    turn.isMine = false;
    turn.isOver = true;
    const wasFirst = line[0] === turn;
    if (line.includes(turn)) line.splice(line.indexOf(turn), 1);
    if (wasFirst && line.length) this.#begin(line[0]);
  }
}
