// The repeated parts of a request. What is wrong with one point, record or span concerns that one: its neighbours are taken.

import type { Scope } from '../../domain/scope.ts';
import type { DecodeContext } from './attributes.ts';
import { each, field, type Node } from './fields.ts';
import { Malformed } from './malformed.ts';
import type { RejectReason } from './tally.ts';

/** What an item is, for people, and whom it is about. */
export type Subject = { readonly what: string; readonly scope: Scope };

/** Calls `read` for every entry; one that it refuses, or that is malformed, is rejected alone. */
export function eachItem(
  node: Node,
  key: string,
  { what, scope }: Subject,
  context: DecodeContext,
  read: (item: Node) => RejectReason | null,
): void {
  each(node, key, (item, index) => {
    try {
      const reason = read(item);
      if (reason !== null) context.tally.reject(reason, what, scope);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      context.tally.reject('malformed', `${what}, ${error.inside(`${key}[${index}]`).message}`, scope);
    }
  });
}

/** Instrumentation scopes; `library` is what they were called before OTLP 0.19. */
export function eachScope(
  resourceLevel: Node,
  key: string,
  library: string,
  visit: (scopeLevel: Node) => void,
): void {
  each(resourceLevel, field(resourceLevel, key) === undefined ? library : key, visit);
}
