// The number on the tab and on the icon of the installed page: how often somebody was called.

const MOST = 9;

let plain = null;

/** @param {number} calls */
export function setBadge(calls) {
  const icon = document.querySelector('link[rel="icon"][type="image/svg+xml"]');
  plain ??= icon.href;
  // Without it browsers may take the other picture, which has no number.
  document.querySelector('link[rel="icon"][type="image/png"]')?.remove();
  icon.href = calls ? picture(calls) : plain;
  const told = calls ? navigator.setAppBadge?.(calls) : navigator.clearAppBadge?.();
  told?.catch(() => {});
}

/** The mark of the chat (img/favicon.svg) with a number in place of its dot. */
function picture(calls) {
  const text = calls > MOST ? `${MOST}+` : calls;
  const size = calls > MOST ? 20 : 25;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48">
    <path d="M16 5h16a13 13 0 0 1 13 13v8a13 13 0 0 1-13 13H7a4 4 0 0 1-4-4V18A13 13 0 0 1 16 5Z" fill="#0f6b5c"/>
    <circle cx="32" cy="32" r="16" fill="#c2410c"/>
    <text x="32" y="${size / 3 + 32.5}" fill="#fff" font-family="system-ui, sans-serif" font-size="${size}" font-weight="700" text-anchor="middle">${text}</text>
  </svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
