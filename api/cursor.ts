// Cursors of pages: opaque to the caller, and nothing but what a page of ours handed out is accepted.

import { z } from 'zod';
import { InvalidCursor } from './ports/page.ts';

/** `kind` keeps a cursor of one list from being used for another. */
export function writeCursor(kind: string, position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([kind, ...position]), 'utf8').toString('base64url');
}

/** Throws InvalidCursor for anything that writeCursor of this kind did not make. */
export function readCursor<const Position extends readonly [z.ZodType, ...z.ZodType[]]>(
  kind: string,
  position: Position,
  cursor: string,
): z.output<z.ZodTuple<Position>> {
  try {
    const [first, ...rest] = z
      .tuple([z.literal(kind)])
      .rest(z.unknown())
      .parse(decode(cursor));
    if (first === kind) return z.tuple(position).parse(rest) as z.output<z.ZodTuple<Position>>;
  } catch {
    // said below
  }
  throw new InvalidCursor('the cursor is not one that a page of this list handed out');
}

function decode(cursor: string): unknown {
  if (!/^[A-Za-z0-9_-]{1,1000}$/.test(cursor)) return null;
  return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
}
