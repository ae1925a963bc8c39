// One page of a longer list, and the cursor that leads to the next.

/** Thrown by readers for a cursor that no page of theirs handed out; becomes a 400 naming the field `cursor`. */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor';
}

export type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null };
