/**
 * A random UUID. On http://192.168.… there is no crypto.randomUUID: it needs a secure context.
 * @param {Crypto} crypto
 */
export function newClientId(crypto = globalThis.crypto) {
  if (crypto.randomUUID) return crypto.randomUUID();
  return versionFour(crypto.getRandomValues(new Uint8Array(16)));
}

function versionFour(bytes) {
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
