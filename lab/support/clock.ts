/** Instants as the lab's APIs take them. */
import { HttpError } from './http.ts';

/** Epoch milliseconds from a number or an RFC 3339 text; undefined when nothing was given. */
export function callTimeMs(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  const time = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isNaN(time)) {
    throw new HttpError(400, `"${text}" is not an instant: give epoch milliseconds or RFC 3339`);
  }
  return time;
}
