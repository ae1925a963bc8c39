// What a log record says: its message, without the skeleton around it. Loggers write JSON, logfmt or maps with the message
// in one of a few fields; a template of the skeleton would be the same for every message.

import { redactValue } from '../redaction/redact.ts';
import { severityOfLevel, severityOfLine, severityOfWord } from './severity.ts';

export type LogWords = {
  /** Empty when nothing is said. */
  readonly text: string;
  /** OpenTelemetry severity number, when the record says it itself. */
  readonly severityNumber: number | null;
};

/** Names in lower case, those that say most first. What has an error and a message is known by its message. */
const messageKeys = [
  'message',
  'msg',
  '@message',
  '@m',
  'short_message',
  'event',
  'log',
  'text',
  'textpayload',
  'body',
  'jsonpayload',
  'fields',
  'data',
  '@mt',
  'exception.message',
  'error.message',
  'err.message',
  'exception',
  'error',
  'err',
  'reason',
  'description',
  'detail',
  'exception.type',
  'error.type',
];
const severityKeys = [
  'severity',
  'level',
  'lvl',
  'severitytext',
  'severity_text',
  'loglevel',
  'log_level',
  'log.level',
  'levelname',
  'level_name',
  '@l',
  'priority',
];
const errorKeys: ReadonlySet<string> = new Set([
  'exception.message',
  'error.message',
  'err.message',
  'exception',
  'error',
  'err',
]);
/** Objects inside of which a message or a level may stand. */
const maxDepth = 4;
const maxJsonChars = 65_536;
const maxPairs = 20;

/** Colours of a terminal, also where the escape character was written down on the way (syslog, double encoding). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape is the character to find
const colours = /(?:\u001b|\\u001b|\\x1b|\\033|#033)\[[0-9;]*m/gi;

/** The words of a body in text form: plain, JSON (also behind a prefix) or logfmt. */
export function readLogText(body: string): LogWords {
  const line = body.slice(0, maxJsonChars).replace(colours, '').trim();
  const { prefix, value } = jsonIn(line);
  if (value !== undefined) {
    const inside = readLogValue(value);
    const text = [containerPrefix.test(prefix) ? '' : prefix, inside.text].filter((part) => part !== '');
    return { text: text.join(' '), severityNumber: inside.severityNumber ?? severityOfLine(prefix) };
  }
  const severityNumber = severityOfLine(line);
  return { text: messageInPieces(line) ?? messageInPairs(line) ?? line, severityNumber };
}

/** The words of a body that is a value already: text, number, list or map. */
export function readLogValue(value: unknown): LogWords {
  if (typeof value === 'string') return readLogText(value);
  const text = wordsOf(value, maxDepth) ?? pairsOf(value);
  return { text, severityNumber: severityIn(value, maxDepth) };
}

/** What the fields of a map say in words; null when none of them is a message. */
export function messageIn(fields: Readonly<Record<string, unknown>>): string | null {
  return wordsOf(fields, maxDepth);
}

/** What container runtimes put in front of a line. */
const containerPrefix = /^\S+ (?:stdout|stderr) [FP]$/;

function jsonIn(line: string): { prefix: string; value: unknown } {
  const none = { prefix: '', value: undefined };
  const at = line.search(/[{[]/);
  if (at === -1 || !/[}\]]$/.test(line)) return none;
  for (const from of [at, line.indexOf('{')]) {
    if (from === -1) continue;
    try {
      const value: unknown = JSON.parse(line.slice(from));
      // `[7]` at the end of a sentence is no record.
      if (typeof value === 'object' && value !== null && (from === 0 || !Array.isArray(value)))
        return { prefix: line.slice(0, from).trim(), value };
    } catch {
      // Not JSON from here: it is a sentence with a bracket in it.
    }
  }
  return none;
}

/** JSON that was cut off on its way. */
function messageInPieces(line: string): string | null {
  if (!line.startsWith('{')) return null;
  const found = /"(?:message|msg|log|event|error)"\s*:\s*"((?:[^"\\]|\\.){1,4096})/i.exec(line)?.[1];
  return found === undefined ? null : found.replace(/\\(["\\/])/g, '$1').replace(/\\[nrt]/g, ' ');
}

/** logfmt: `level=error msg="no route to host"`. */
function messageInPairs(line: string): string | null {
  if (!/^[\w.@-]{1,40}=/.test(line)) return null;
  for (const key of ['message', 'msg', 'event', 'error', 'err']) {
    const found = new RegExp(`(?:^|\\s)${key}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s"]+))`).exec(line);
    const text = found?.[1]?.replace(/\\(["\\])/g, '$1') ?? found?.[2];
    if (text !== undefined && text !== '') return text;
  }
  return null;
}

function wordsOf(value: unknown, depth: number): string | null {
  if (depth === 0 || value === null || value === undefined) return null;
  if (typeof value === 'string') return value.trim() === '' ? null : readNested(value, depth);
  if (Array.isArray(value)) {
    const parts = value.slice(0, maxPairs).map((entry) => wordsOf(entry, depth - 1) ?? scalar(entry));
    return parts.some((part) => part !== '') ? parts.filter((part) => part !== '').join(' ') : null;
  }
  if (typeof value !== 'object') return null;
  const fields = lowerKeys(value);
  for (const key of messageKeys) {
    const words = wordsOf(fields.get(key), depth - 1);
    if (words === null) continue;
    const type = errorKeys.has(key) ? errorType(key, fields) : null;
    return type === null || words.startsWith(type) ? words : `${type}: ${words}`;
  }
  return null;
}

/** Text inside of a record may be a record again (Docker's `log`). */
function readNested(text: string, depth: number): string {
  const { prefix, value } = jsonIn(text.trim());
  return value !== undefined && prefix === ''
    ? (wordsOf(value, depth - 1) ?? pairsOf(value))
    : text.replace(colours, '').trim();
}

/** `{"error": {"type": …}}` and `{"error.type": …}`. */
function errorType(key: string, fields: ReadonlyMap<string, unknown>): string | null {
  const error = fields.get(key);
  const inside = typeof error === 'object' && error !== null ? lowerKeys(error) : new Map<string, unknown>();
  const root = key.split('.')[0] ?? key;
  const types = [inside.get('type'), inside.get('class'), inside.get('name'), fields.get(`${root}.type`)];
  const type = types.find((one) => typeof one === 'string' && one !== '');
  return typeof type === 'string' ? type : null;
}

/** A record without a message is known by its fields. */
function pairsOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return scalar(value);
  if (Array.isArray(value)) return value.length === 0 ? '' : '[…]';
  return (
    Object.entries(value)
      .slice(0, maxPairs)
      // Once the quotes are gone nobody can tell where a secret ends.
      .map(([key, entry]) => `${key}=${redactValue(key, scalar(entry)) || '…'}`)
      .join(' ')
  );
}

function scalar(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : '';
}

function severityIn(value: unknown, depth: number): number | null {
  const record = typeof value === 'string' ? jsonIn(value.trim()).value : value;
  if (depth === 0 || typeof record !== 'object' || record === null || Array.isArray(record)) return null;
  const fields = lowerKeys(record);
  for (const key of severityKeys) {
    const given = fields.get(key);
    const isLevel = typeof given === 'number' || (typeof given === 'string' && /^\d+$/.test(given));
    const found = isLevel ? severityOfLevel(Number(given)) : severityOfText(given);
    if (found !== null) return found;
  }
  for (const key of ['log', 'jsonpayload', 'fields', 'message', 'body']) {
    const found = severityIn(fields.get(key), depth - 1);
    if (found !== null) return found;
  }
  return null;
}

function severityOfText(given: unknown): number | null {
  return typeof given === 'string' ? severityOfWord(given) : null;
}

function lowerKeys(value: object): ReadonlyMap<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const [key, entry] of Object.entries(value).slice(0, 200)) {
    const lower = key.toLowerCase();
    if (!fields.has(lower)) fields.set(lower, entry);
  }
  return fields;
}
