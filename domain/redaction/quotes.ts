// Where a quoted or bracketed value ends, in JSON that may itself be a string of JSON (`{\"password\":\"a\\\"b\"}`).

const quoteStart = /(\\{0,15})(["'`])|\\u00(22|27)|&(quot|apos|#34|#39);|%2(2|7)/y;

export type Quoted = {
  /** Where the value begins and ends, without its quotes. */
  readonly from: number;
  readonly to: number;
  /** After the closing quote. */
  readonly after: number;
};

/** The value in quotes that begins at `at`; null when no quote is there. One that is never closed goes to the end. */
export function quotedAt(text: string, at: number): Quoted | null {
  quoteStart.lastIndex = at;
  const opened = quoteStart.exec(text);
  if (opened === null) return null;
  const from = at + opened[0].length;
  const mark = opened[2];
  if (mark === undefined) {
    const to = text.indexOf(opened[0], from);
    return to < 0
      ? { from, to: text.length, after: text.length }
      : { from, to, after: to + opened[0].length };
  }
  const depth = (opened[1] ?? '').length;
  const triple = depth === 0 && text.startsWith(mark + mark, from) && mark !== '`';
  if (triple) return closedBy(text, mark.repeat(3), from + 2);
  for (let close = text.indexOf(mark, from); close >= 0; close = text.indexOf(mark, close + 1)) {
    let backslashes = 0;
    while (close - backslashes > from && text[close - backslashes - 1] === '\\') backslashes += 1;
    // A quote of this level has its level's backslashes before it, after any number of escaped ones.
    if (backslashes % (2 * (depth + 1)) === depth) return { from, to: close - depth, after: close + 1 };
  }
  return { from, to: text.length, after: text.length };
}

function closedBy(text: string, mark: string, from: number): Quoted {
  const to = text.indexOf(mark, from);
  // Two quotes are an empty value, unless three close it.
  if (to < 0) return { from: from - 2, to: from - 2, after: from - 1 };
  return { from, to, after: to + mark.length };
}

const pairs: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')' };

/** After the bracket that closes the one at `at`; the end of the text when none does. Null when there is no bracket. */
export function bracketEnd(text: string, at: number): number | null {
  const open = text[at] ?? '';
  const close = pairs[open];
  if (close === undefined) return null;
  let depth = 0;
  for (let index = at; index < text.length; index += 1) {
    if (text[index] === open) depth += 1;
    else if (text[index] === close) {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return text.length;
}
