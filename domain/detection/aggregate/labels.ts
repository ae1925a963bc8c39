// The text form of a point's attributes: sorted, escaped, bounded, so that equal label sets have equal texts.

import type { Attributes } from '../../observation.ts';
import { fnv1a64 } from '../hash.ts';

const maxLength = 512;

/** `key=value,key=value` in the order of the keys; `\`, `,` and `=` inside are escaped; long texts end in their hash. */
export function labelText(attributes: Attributes): string {
  const keys = Object.keys(attributes);
  if (keys.length === 0) return '';
  if (keys.length > 1) keys.sort();
  let text = '';
  for (const key of keys) {
    if (text !== '') text += ',';
    text += `${escaped(key)}=${escaped(attributes[key] ?? '')}`;
  }
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…${fnv1a64(text)}`;
}

/** The attributes of a text made by `labelText`; of a shortened text, those that fit. */
export function parseLabels(text: string): Attributes {
  const attributes: Record<string, string> = Object.create(null);
  let key: string | null = null;
  let part = '';
  for (let index = 0; index <= text.length; index += 1) {
    const char = text[index];
    if (char === '\\') {
      index += 1;
      part += text[index] ?? '';
    } else if (char === '=' && key === null) {
      key = part;
      part = '';
    } else if (char === ',' || char === undefined) {
      if (key !== null) attributes[key] = part;
      key = null;
      part = '';
    } else part += char;
  }
  return attributes;
}

function escaped(text: string): string {
  return /[\\,=]/.test(text) ? text.replace(/[\\,=]/g, (char) => `\\${char}`) : text;
}
