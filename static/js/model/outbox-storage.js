// Where an outbox keeps its entries between two visits.

/** Keeps nothing: what was not sent is lost with the page. */
export class MemoryOutboxStorage {
  load() {
    return [];
  }

  put() {}

  remove() {}
}
