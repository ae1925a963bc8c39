// What is written in bulk is written in parts: Postgres takes 65,535 parameters a statement, and no row here has more than fourteen.

export const rowsPerStatement = 1_000;

/** All of them, in their order; no part when there is none. */
export function inParts<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / rowsPerStatement) }, (_, part) =>
    all.slice(part * rowsPerStatement, (part + 1) * rowsPerStatement),
  );
}
