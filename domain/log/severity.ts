// How bad a log record is, on OpenTelemetry's scale of 1 (trace) to 24 (fatal), from the words and numbers that loggers use.

export const infoSeverity = 9;

/** Null for a word that says nothing of severity. */
export function severityOfWord(word: string): number | null {
  const lower = word.trim().slice(0, 20).toLowerCase();
  const letter = singleLetters[lower];
  if (letter !== undefined) return letter;
  if (/fatal|panic|crit|emerg|alert/.test(lower)) return 21;
  if (/err|severe|fail/.test(lower)) return 17;
  if (/warn/.test(lower)) return 13;
  if (/info|notice/.test(lower)) return infoSeverity;
  if (/debug/.test(lower)) return 5;
  return /trace|verbose/.test(lower) ? 1 : null;
}
const singleLetters: Readonly<Record<string, number>> = { f: 21, e: 17, w: 13, i: 9, d: 5, t: 1, v: 1 };

/** Pino and bunyan count in tens up to 60 (fatal); syslog from 7 (debug) down to 0 (emergency). */
export function severityOfLevel(level: number): number | null {
  if (!(level >= 0 && level <= 100)) return null;
  if (level >= 10) return tens.find(([from]) => level >= from)?.[1] ?? null;
  return syslog[level] ?? null;
}
const tens: readonly (readonly [number, number])[] = [
  [60, 21],
  [50, 17],
  [40, 13],
  [30, 9],
  [20, 5],
  [10, 1],
];
const syslog = [21, 21, 21, 17, 13, 9, 9, 5];

/** The level at the head of a line: `2030-01-02 ERROR …`, `[warn] …`, `level=error …`; null without one. */
export function severityOfLine(line: string): number | null {
  const head = line.slice(0, 160);
  const pair = /(?:^|\s)(?:level|lvl|severity)="?([A-Za-z]{1,20})"?/.exec(head);
  if (pair?.[1] !== undefined) return severityOfWord(pair[1]);
  const upper =
    /^(?:\S{1,40}\s+){0,4}?\W{0,2}(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|FATAL|CRITICAL|PANIC)(?![A-Za-z])/;
  const bracket =
    /^(?:\S{1,40}\s+){0,4}?\[(trace|debug|info|notice|warn|warning|error|fatal|critical|crit|emerg)\]/i;
  const word = upper.exec(head)?.[1] ?? bracket.exec(head)?.[1];
  return word === undefined ? null : severityOfWord(word);
}
