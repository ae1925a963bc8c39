// JSON as people export it: one value, or one a line.

import { errorMessage } from '../../domain/error-message.ts';
import { fail } from './unreadable.ts';

/** The value, or an array of those of the lines. Throws `UnreadableFile`. */
export function jsonOf(text: string): unknown {
  return whole(text) ?? lines(text);
}

function whole(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function lines(text: string): readonly unknown[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line) as unknown];
    } catch (error) {
      return fail(`line ${index + 1} is not JSON: ${errorMessage(error)}`);
    }
  });
}
