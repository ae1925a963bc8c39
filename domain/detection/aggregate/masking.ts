// Takes the variable parts out of a log message, so that messages of one statement look alike: numbers with their units, dates,
// ids, addresses, host names, paths, names of users. Words in quotes stay: `"GET` and `"DELETE` are two statements. Linear in the
// length of the message, whatever it contains.
// Source: the preprocessing step of Drain (He et al., ICWS 2017).

const maxLength = 400;
const maxTokens = 40;

/** The masked words of a message, at most 40 of the first 400 characters. */
export function maskedTokens(body: string): string[] {
  const words = body
    .slice(0, maxLength)
    .toWellFormed()
    .split(/[\s\p{Cc}]+/u)
    .filter((word) => word !== '');
  const tokens: string[] = [];
  for (let at = 0; at < words.length && tokens.length < maxTokens; ) {
    const span = dateAt(words, at) || quantityAt(words, at);
    if (span === 0) {
      tokens.push(wordAt(words, at));
      at += 1;
      continue;
    }
    const before = startOf(words[at] ?? '');
    const after = endOf(words[at + span - 1] ?? '');
    // `2048 bytes (2 KB)` says one thing twice.
    if (before === '(' && tokens.at(-1) === '<n>') tokens[tokens.length - 1] = `<n>${after.slice(1)}`;
    else tokens.push(`${before}${number.test(words[at] ?? '') ? '<n>' : '<time>'}${after}`);
    at += span;
  }
  return tokens;
}

const months = new Set('jan feb mar apr may jun jul aug sep sept oct nov dec'.split(' '));
const days = new Set('mon tue tues wed thu thur thurs fri sat sun'.split(' '));
for (const name of 'january february march april june july august september october november december'.split(
  ' ',
))
  months.add(name);
for (const name of 'monday tuesday wednesday thursday friday saturday sunday'.split(' ')) days.add(name);
const isMonth = (word = ''): boolean => word.length <= 10 && months.has(bare(word));
const isDay = (word = ''): boolean => word.length <= 10 && days.has(bare(word));
const bare = (word: string): string => word.replace(/[.,]+$/, '').toLowerCase();
const isYear = (word = ''): boolean => /^(?:19|20)\d\d[.,;:)\]]*$/.test(word);
const isTime = (word = ''): boolean => /^\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?[.,;)\]]*$/.test(word);
const isDayOfMonth = (word = ''): boolean => /^[0-3]?\d(?:st|nd|rd|th)?,?$/.test(word);

/** How many words are a date with a month in letters, as `ctime` and syslog write it; 0: none begins here. */
function dateAt(words: readonly string[], start: number): number {
  let at = start;
  if (isDay(words[at])) at += 1;
  if (!isMonth(words[at]) || !isDayOfMonth(words[at + 1])) return 0;
  at += 2;
  if (isTime(words[at])) at += 1;
  if (isYear(words[at])) at += 1;
  return at - start;
}

const units = new Set(
  `b kb mb gb tb pb kib mib gib tib byte bytes bit bits ns us µs ms s sec secs second seconds m min mins minute minutes h hour hours
   d day days %`.split(/\s+/),
);
const number = /^[("'[<>~]?[-+]?\d[\d.,]*$/;

/** How many words are a number and its unit: `5.2 KB`, `(3 minutes)`; 0: no number, or one without. */
function quantityAt(words: readonly string[], at: number): number {
  const word = words[at] ?? '';
  if (!number.test(word)) return 0;
  const unit = words[at + 1] ?? '';
  return units.has(unit.replace(/[.,;:)\]"']+$/, '').toLowerCase()) ? 2 : 0;
}

/** The punctuation around a word. */
const startOf = (word: string): string => /^[("'[<>~]?/.exec(word)?.[0] ?? '';
const endOf = (word: string): string => /[.,;:)\]"']*$/.exec(word)?.[0] ?? '';

/** Words after `user` that are no name of one. */
const noNames = new Set(
  'unknown is was has had not name request authentication session id account agent and or in with from'.split(
    ' ',
  ),
);

function wordAt(words: readonly string[], at: number): string {
  const word = words[at] ?? '';
  const before = words[at - 1];
  if (
    (before === 'user' || before === 'User') &&
    /^[A-Za-z_][\w.$-]*$/.test(word) &&
    !noNames.has(word.toLowerCase())
  )
    return '<name>';
  return maskWord(word);
}

/** Country codes beside these would make hosts of dotted names of settings and classes. */
const host =
  /(?<![\w./@-])(?:[a-z0-9][a-z0-9_-]*\.)+(?:com|net|org|edu|gov|mil|io|dev|info|biz|cloud|xyz|co|tv|local|internal|lan|de|uk|cn|hk|jp|tw|fr|br|ru|in|om|kr|au|nl|it|ca|eu|mx|pl|se|be|th|tr|ch|at|es|pt|gr|cz|hu|ro|fi|dk|il|za|ar|cl|my|sg|vn)(?::\d+)?(?![\w.])/gi;

/** One word with its variable parts replaced: `took=12ms` becomes `took=<n>`. */
function maskWord(word: string): string {
  let masked = word;
  if (masked.includes('/')) {
    masked = masked
      .replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi, '<url>')
      .replace(/(?<![\w.<])\/(?!\d{1,3}\.\d)[^\s"',;:()[\]]*\w[^\s"',;:()[\]]*/g, '<path>');
  }
  const hasDigit = /[0-9]/.test(masked);
  if (hasDigit)
    masked = masked.replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '<uuid>');
  const dot = masked.indexOf('.');
  if (dot > 0 && dot < masked.length - 1) masked = masked.replace(host, '<host>');
  if (!hasDigit) return masked;
  return masked
    .replace(/\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d+)?\b/g, '<host>')
    .replace(/\b0x[0-9a-f]+\b/gi, '<hex>')
    .replace(/\b(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{8,}\b/gi, '<hex>')
    .replace(/(?<![\w<])[-+]?\d[\d.]*(?:[kmgt]i?b|ns|us|µs|ms|s|m|h|d|%)(?!\w)/gi, '<n>')
    .replace(/(?<![\w>])[-+]?\d+|\d+/g, '<n>')
    .replace(/_[-+]<n>/g, '_<n>')
    .replace(/<n>(?:[.,:_-]*<n>)+/g, '<n>');
}
