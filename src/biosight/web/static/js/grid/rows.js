// @ts-check
/** Where the rows of a grid lie: tiles in rows of one height, and lines for headings between them. */

/** The height of a heading in pixels; app.css has the same. */
export const HEAD = 36;

/**
 * A line of a grid: the places of its tiles, from `start` up to but without `end`, or a heading above
 * the place `start`. `y` and `height` are in pixels and include the gap below.
 * @typedef {{y: number, height: number, start: number, end: number, head: boolean}} Line
 */

/**
 * Return the lines of a grid from above.
 * @param {number} many tiles @param {number} columns @param {number} row its height with the gap
 * @param {number} gap @param {number[]} heads places of tiles with a heading above them, ascending
 * @returns {Line[]}
 */
export function linesOf(many, columns, row, gap, heads) {
  /** @type {Line[]} */
  const lines = [];
  let y = 0;
  const add = (/** @type {number} */ height, /** @type {number} */ start, /** @type {number} */ end, head = false) => {
    lines.push({ y, height, start, end, head });
    y += height;
  };
  const headed = new Set(heads);
  const starts = headed.has(0) ? heads : [0, ...heads];
  for (const [i, start] of starts.entries()) {
    const end = starts[i + 1] ?? many;
    if (headed.has(start)) add(HEAD + gap, start, start, true);
    for (let at = start; at < end; at += columns) add(row, at, Math.min(at + columns, end));
  }
  return lines;
}

/**
 * Return the numbers of the first line and of the line after the last one that meet a stretch.
 * @param {Line[]} lines @param {number} top @param {number} bottom in pixels
 */
export function between(lines, top, bottom) {
  if (!lines.length) return { first: 0, last: 0 };
  const first = Math.min(
    firstWhere(lines, (line) => line.y + line.height > top),
    lines.length - 1,
  );
  const last = firstWhere(lines, (line) => line.y >= bottom);
  return { first, last: Math.max(last, first + 1) };
}

/** Return the line with the tile of a place. @param {Line[]} lines @param {number} at */
export function lineOf(lines, at) {
  return firstWhere(lines, (line) => line.end > at);
}

/**
 * Return the place above or below another one, in the same column as far as the row goes.
 * @param {Line[]} lines @param {number} at @param {1 | -1} by
 */
export function vertical(lines, at, by) {
  const from = lineOf(lines, at);
  let to = from + by;
  while (lines[to]?.head) to += by;
  const [here, there] = [lines[from], lines[to]];
  if (!here || !there) return at;
  return Math.min(there.start + at - here.start, there.end - 1);
}

/**
 * Return the first number from which on a question is answered with yes.
 * @param {Line[]} lines @param {(line: Line) => boolean} asked no, up to some line, and yes from there on
 */
function firstWhere(lines, asked) {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (asked(lines[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}
