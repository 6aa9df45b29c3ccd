// Time as the rest of the code takes it: by argument, so that tests can bring their own.

/** Date.now() and not performance.now(): the latter may stand still while a machine sleeps. */
export const systemClock = Object.freeze({
  now: () => Date.now(),
  setTimeout: (callback, delay) => globalThis.setTimeout(callback, delay),
  clearTimeout: (timer) => globalThis.clearTimeout(timer),
});
