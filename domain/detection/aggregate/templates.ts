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
  private count = 0;
  private readonly rest: Template = { id: fnv1a64(wildcard), text: wildcard, tokens: [wildcard] };

  constructor(maxTemplates: number) {
    this.maxTemplates = maxTemplates;
  }

  /** The template of a message; beyond the limit all new messages share `<*>`. */
  match(body: string): Template {
    return this.find(maskedTokens(body)) ?? this.rest;
  }

  /** Learns a template from history, so that it keeps its id over a restart. */
  restore(id: string, text: string): void {
    const tokens = text.split(' ');
    const group = this.group(tokens);
    if (id === this.rest.id || this.count >= this.maxTemplates || group.some((known) => known.id === id))
      return;
    group.push({ id, text, tokens });
    this.count += 1;
  }

  private find(tokens: string[]): Template | null {
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
      return best;
    }
    if (this.count >= this.maxTemplates || group.length >= maxCandidates) return null;
    const text = tokens.join(' ');
    const created = { id: fnv1a64(text), text, tokens };
    group.push(created);
    this.count += 1;
    return created;
  }

  private group(tokens: readonly string[]): Template[] {
    const first = tokens[0] ?? '';
    const key = `${tokens.length} ${first.includes('<') ? wildcard : first}`;
    let group = this.groups.get(key);
    if (group === undefined) {
      group = [];
      if (this.groups.size < this.maxTemplates * 2) this.groups.set(key, group);
    }
    return group;
  }
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
