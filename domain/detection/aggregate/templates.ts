// Log templates: messages of the same statement share one. Number of words and first word lead to a few candidates. Where parts differ
// that are masked, the message belongs to the most similar one. A word that differs makes a template of its own, until so many
// differ at that place that it must be a name: then they all become one. `opened` and `closed` stay two, and words in capitals
// (states, methods) always do.
// Source: He et al. 2017, "Drain: an online log parsing approach with fixed depth tree".

import { fnv1a64 } from '../hash.ts';
import { maskedTokens } from './masking.ts';

/** Share of equal words, a wildcard counts half. */
const similarEnough = 0.6;
const wildcard = '<*>';
const inCapitals = /^[^\p{Ll}\d<]*\p{Lu}{2}[^\p{Ll}\d<]*$/u;
/** Nothing of the word is left but what stands for its parts. */
const isMasked = /^(?:[^\p{L}<]*<[a-z]+>)+[^\p{L}<]*$/u;
/** So many different words at one place, or pairs of words at two, are names. */
const namesAt = [5, 8] as const;
const leastInCommon = 0.6;

export type Template = {
  /** Hash of the first message's masked text: the same in every process that sees the same message first. */
  readonly id: string;
  text: string;
  tokens: string[];
  /** What it has become a part of. */
  mergedInto?: Template;
  /** The ids of those that have become a part of it. */
  readonly replaces?: readonly string[];
};

/** The template that a message has now which was found to have this one then. */
export function currentTemplate(template: Template): Template {
  let current = template;
  while (current.mergedInto !== undefined) current = current.mergedInto;
  return current;
}

export class TemplateMiner {
  private readonly groups = new Map<string, Template[]>();
  private readonly maxTemplates: number;
  private readonly idleMs: number;
  /** When each was last used, by the receiver's clock; the least recently used first. */
  private readonly used = new Map<Template, number>();
  /** Which template masked texts went to that were seen lately. */
  private readonly lately = new Map<string, Template>();
  private readonly rest: Template = { id: fnv1a64(wildcard), text: wildcard, tokens: [wildcard] };

  /** For one more than `maxTemplates` the least recently used has to go, if nobody has used it for `idleMs`. */
  constructor(maxTemplates: number, idleMs = Number.POSITIVE_INFINITY) {
    this.maxTemplates = maxTemplates;
    this.idleMs = idleMs;
  }

  /** The template of a message; where there is no room for a new one, new messages share `<*>`: a flood of them is one series. */
  match(body: string, nowMs = 0): Template {
    return this.find(maskedTokens(body), nowMs) ?? this.rest;
  }

  /** Learns a template from history, so that it keeps its id over a restart. */
  restore(id: string, text: string, usedMs = 0): void {
    const tokens = text.split(' ');
    const group = this.group(tokens);
    if (id === this.rest.id) return;
    const known = group.find((one) => one.id === id);
    if (known !== undefined) {
      this.use(known, usedMs);
      return;
    }
    if (!this.hasRoom(usedMs)) return;
    const restored = { id, text, tokens };
    this.group(tokens).push(restored);
    this.use(restored, usedMs);
  }

  private find(tokens: string[], nowMs: number): Template | null {
    const text = tokens.join(' ');
    const last = this.lately.get(text);
    if (last !== undefined && this.used.has(last)) {
      this.use(last, nowMs);
      return last;
    }
    const found = this.mostSimilar(tokens) ?? this.create(tokens, text, nowMs);
    if (found === null) return null;
    this.use(found, nowMs);
    if (this.lately.size >= this.maxTemplates * 2) this.lately.clear();
    this.lately.set(text, found);
    return found;
  }

  private mostSimilar(tokens: readonly string[]): Template | null {
    let best: Template | null = null;
    let bestShare = 0;
    for (const candidate of this.groups.get(groupKey(tokens)) ?? []) {
      const share = similarity(candidate.tokens, tokens);
      if (share <= bestShare) continue;
      best = candidate;
      bestShare = share;
    }
    if (best !== null && bestShare < matching) generalise(best, tokens);
    return best;
  }

  private create(tokens: string[], text: string, nowMs: number): Template | null {
    for (const [fewer, names] of namesAt.entries()) {
      const others =
        this.groups.get(groupKey(tokens))?.filter(({ tokens: its }) => differs(its, tokens, fewer + 1)) ?? [];
      if (others.length >= names - 1) return this.merge(others, tokens);
    }
    if (!this.hasRoom(nowMs)) return null;
    return this.add(text, tokens);
  }

  private merge(others: readonly Template[], tokens: readonly string[]): Template {
    const shared = tokens.map((token, at) =>
      others.every(({ tokens: its }) => its[at] === token) ? token : wildcard,
    );
    for (const other of others) this.remove(other);
    const replaces = others.map(({ id }) => id);
    const merged = this.add(shared.join(' '), shared, { replaces });
    for (const other of others) other.mergedInto = merged;
    return merged;
  }

  private add(text: string, tokens: string[], more: Pick<Template, 'replaces'> = {}): Template {
    const added: Template = { id: fnv1a64(text), text, tokens, ...more };
    this.group(tokens).push(added);
    return added;
  }

  private remove(template: Template): void {
    this.used.delete(template);
    const key = groupKey(template.tokens);
    const rest = (this.groups.get(key) ?? []).filter((one) => one !== template);
    if (rest.length === 0) this.groups.delete(key);
    else this.groups.set(key, rest);
  }

  private use(template: Template, nowMs: number): void {
    this.used.delete(template);
    this.used.set(template, nowMs);
  }

  private hasRoom(nowMs: number): boolean {
    if (this.used.size < this.maxTemplates) return true;
    const [[oldest, usedMs] = []] = this.used;
    if (oldest === undefined || usedMs === undefined || nowMs - usedMs < this.idleMs) return false;
    this.remove(oldest);
    return true;
  }

  private group(tokens: readonly string[]): Template[] {
    const key = groupKey(tokens);
    let group = this.groups.get(key);
    if (group === undefined) {
      group = [];
      if (this.groups.size < this.maxTemplates * 2) this.groups.set(key, group);
    }
    return group;
  }
}

function groupKey(tokens: readonly string[]): string {
  const first = tokens[0] ?? '';
  return `${tokens.length} ${first.includes('<') ? wildcard : first}`;
}

/** From here on nothing differs but what the template leaves open. */
const matching = 2;

/** How much of a message agrees with a template: `matching` and more when nothing differs, 0 when it is another statement. */
function similarity(template: readonly string[], tokens: readonly string[]): number {
  let equal = 0;
  let wild = 0;
  for (const [index, token] of tokens.entries()) {
    const word = template[index] ?? '';
    if (word === token) equal += 1;
    else if (word === wildcard) wild += 1;
    else if (inCapitals.test(word) || inCapitals.test(token)) return 0;
    else if (!isMasked.test(word) && !isMasked.test(token)) return 0;
  }
  const share = (equal + 0.5 * wild) / Math.max(1, tokens.length);
  if (equal + wild === tokens.length) return matching + share;
  return share >= similarEnough ? share : 0;
}

/** Whether it differs from a template in so many plain words, none of them in capitals, and agrees in most others. */
function differs(template: readonly string[], tokens: readonly string[], words: number): boolean {
  let equal = 0;
  let plain = 0;
  for (const [index, token] of tokens.entries()) {
    const word = template[index] ?? '';
    if (word === token) equal += 1;
    else if (word === wildcard) continue;
    else if (inCapitals.test(word) || inCapitals.test(token)) return false;
    else plain += 1;
    if (plain > words) return false;
  }
  const compared = words === 1 ? 2 : tokens.length * leastInCommon;
  return plain > 0 && equal >= compared;
}

function generalise(template: Template, tokens: readonly string[]): void {
  template.tokens = template.tokens.map((word, index) => (word === tokens[index] ? word : wildcard));
  template.text = template.tokens.join(' ');
}
