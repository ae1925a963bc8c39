// An executor with other members in place of some of its own. Whoever wraps one says something of every member of the port, so
// that a new one cannot be forgotten: without its line neither wrapping compiles.

import type { Executor } from '../activities/ports/executor.ts';

/** Absent is a choice only where the port knows executors without it. */
type LeftOut<Name extends keyof Executor> = object extends Pick<Executor, Name> ? 'left-out' : never;

export type Members = {
  readonly [Name in keyof Executor]-?: 'kept' | LeftOut<Name> | { readonly by: NonNullable<Executor[Name]> };
};

/** What the executor does not have, it does not have afterwards either, unless something is given for it. */
export function wrapped(executor: Executor, members: Members): Executor {
  const all = Object.entries(members).flatMap(([name, member]: [string, Members[keyof Members]]) => {
    if (member === 'left-out') return [];
    const value: unknown = member === 'kept' ? Reflect.get(executor, name) : member.by;
    if (value === undefined) return [];
    return [[name, typeof value === 'function' ? value.bind(executor) : value]];
  });
  return Object.fromEntries(all) as Executor;
}
