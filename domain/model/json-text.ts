// The JSON object in what a model wrote: alone, in a code fence, among its thoughts, or with words around it, which may have
// braces of their own.

type JsonObject = Readonly<Record<string, unknown>>;

/** Characters looked at in all: a text of braces alone must not cost more than reading it a few times. */
const mostRead = 2_000_000;

/**
 * The last complete object outside the thoughts that `fits`; the last complete one when none does; null when there is none.
 * Arrays and bare values are no answers.
 */
export function findObject(
  text: string,
  fits: (value: JsonObject) => boolean = () => true,
): JsonObject | null {
  let last: JsonObject | null = null;
  let fitting: JsonObject | null = null;
  for (const value of objectsIn(withoutThoughts(text))) {
    last = value;
    if (fits(value)) fitting = value;
  }
  return fitting ?? last;
}

/** Thoughts end where they are said to, also when their beginning was left out; those that do not end hold no answer. */
function withoutThoughts(text: string): string {
  const tags = 'think|thinking|thought|thoughts|reasoning|reflection';
  const ends = [...text.matchAll(new RegExp(`</(?:${tags})>`, 'gi'))];
  const lastEnd = ends.at(-1);
  const after = lastEnd === undefined ? text : text.slice(lastEnd.index + lastEnd[0].length);
  const begins = after.search(new RegExp(`<(?:${tags})>`, 'i'));
  const said = begins < 0 ? after : after.slice(0, begins);
  // An answer before its thoughts is one, too.
  if (lastEnd === undefined || said.includes('{')) return said;
  const first = text.search(new RegExp(`<(?:${tags})>`, 'i'));
  return first < 0 ? said : text.slice(0, first);
}

function* objectsIn(text: string): Generator<JsonObject> {
  let read = 0;
  let at = text.indexOf('{');
  while (at >= 0 && read < mostRead) {
    const end = endOf(text, at);
    read += (end ?? text.length) - at;
    const value = end === null ? null : parsed(text.slice(at, end));
    if (value !== null) yield value;
    at = text.indexOf('{', value === null || end === null ? at + 1 : end);
  }
}

/** Right after the brace that closes the one at `start`; null when none does. */
function endOf(text: string, start: number): number | null {
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at += 1) {
    const char = text[at];
    if (inString) {
      if (char === '\\') at += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{') depth += 1;
    else if (char === '}') {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return null;
}

function parsed(text: string): JsonObject | null {
  try {
    return JSON.parse(text) as JsonObject; // it begins with a brace
  } catch {
    return null; // no JSON, or too deep to be read
  }
}
