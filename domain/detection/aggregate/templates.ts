// Log templates: messages of the same statement share one. A tree of fixed depth (number of words, first word) leads to
// a few candidates; the most similar one takes the message, and words that differ become wildcards.
// Source: He et al. 2017, "Drain: an online log parsing approach with fixed depth tree".

import { fnv1a64 } from '../hash.ts';
import { maskedTokens } from './masking.ts';

const similarEnough = 0.6;
const wildcard = '<*>';
const maxCandidates = 50;

export type Template = {
  /** Hash of the first message's masked text: the same in every process that sees the same message first. */
  readonly id: string;
  text: string;
  tokens: string[];
};

export class TemplateMiner {
  private readonly groups = new Map<string, Template[]>();
  private readonly maxTemplates: number;
  private readonly idleMs: number;
  /** When each was last used, by the receiver's clock; the least recently used first. */
  private readonly used = new Map<Template, number>();
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
    const group = this.group(tokens);
    let best: Template | null = null;
    let bestShare = similarEnough;
    for (const candidate of group) {
      const share = similarity(candidate.tokens, tokens);
      if (share >= bestShare) {
        best = candidate;
        bestShare = share;
        if (share === 1) break;
      }
    }
    if (best !== null) {
      if (bestShare < 1) generalise(best, tokens);
      this.use(best, nowMs);
      return best;
    }
    if (!this.hasRoom(nowMs) || group.length >= maxCandidates) return null;
    const text = tokens.join(' ');
    const created = { id: fnv1a64(text), text, tokens };
    // Making room may have taken the group away.
    this.group(tokens).push(created);
    this.use(created, nowMs);
    return created;
  }

  private use(template: Template, nowMs: number): void {
    this.used.delete(template);
    this.used.set(template, nowMs);
  }

  private hasRoom(nowMs: number): boolean {
    if (this.used.size < this.maxTemplates) return true;
    const [[oldest, usedMs] = []] = this.used;
    if (oldest === undefined || usedMs === undefined || nowMs - usedMs < this.idleMs) return false;
    this.used.delete(oldest);
    const key = groupKey(oldest.tokens);
    const rest = (this.groups.get(key) ?? []).filter((one) => one !== oldest);
    if (rest.length === 0) this.groups.delete(key);
    else this.groups.set(key, rest);
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

/** Share of words that are equal; a wildcard of the template fits every word, but counts less than an equal one. */
function similarity(template: readonly string[], tokens: readonly string[]): number {
  if (tokens.length === 0) return 1;
  let equal = 0;
  let wild = 0;
  for (const [index, token] of tokens.entries()) {
    if (template[index] === token) equal += 1;
    else if (template[index] === wildcard) wild += 1;
  }
  if (equal + wild === tokens.length) return 1;
  return (equal + 0.5 * wild) / tokens.length;
}

function generalise(template: Template, tokens: readonly string[]): void {
  template.tokens = template.tokens.map((word, index) => (word === tokens[index] ? word : wildcard));
  template.text = template.tokens.join(' ');
}
