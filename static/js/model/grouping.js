// How a message stands to the one above it.

const GROUP_MS = 5 * 60 * 1000;

/**
 * @param {{username: string, timestamp: string}} item
 * @param {{username: string, timestamp: string} | null} above null: nothing, or no message
 * @param {(date: Date) => string} dayOf the day in the reader's time zone
 * @returns {{startsDay: boolean, continues: boolean}} `continues`: one more of the same author
 */
export function placeBelow(item, above, dayOf) {
  if (!above) return { startsDay: true, continues: false };
  const [time, timeAbove] = [new Date(item.timestamp), new Date(above.timestamp)];
  const startsDay = dayOf(time) !== dayOf(timeAbove);
  const isNear = Math.abs(time - timeAbove) < GROUP_MS;
  return { startsDay, continues: !startsDay && isNear && item.username === above.username };
}
