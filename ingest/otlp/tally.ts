// What one request had that was not taken as it came: rejected points with their reason, and what was cut to fit.

import type { Scope } from '../../domain/scope.ts';

export const rejectReasons = [
  'not-finite',
  'no-value',
  'no-name',
  'no-timestamp',
  'too-old',
  'in-future',
  'bad-temporality',
  'bad-histogram',
  'bad-duration',
  'bad-id',
  'malformed',
  'unknown-kind',
  // Found out by detection, which knows what it has already, and how much it can hold.
  'late-span',
  'bad-value',
  'series-limit',
  'label-set-limit',
  'service-limit',
  'environment-limit',
  // Not what the sender's key may speak about.
  'out-of-reach',
] as const;
export type RejectReason = (typeof rejectReasons)[number];

export const noteKinds = [
  'unknown-service',
  'default-environment',
  'attributes-cut',
  'text-cut',
  'no-data-flag',
  'quantile-without-value',
  'sum-ignored',
  // Of Prometheus: what it sends beside values, or sends that is none.
  'series-ended',
  'no-number',
  'exemplars',
  'metadata',
  'alerts-series',
  'created-series',
  'gauge-histogram',
] as const;
export type NoteKind = (typeof noteKinds)[number];

/** Taken, and still for its sender to look at. The others are ordinary, or have nothing that a sender could do. */
const warnings: Readonly<Partial<Record<NoteKind, string>>> = {
  'unknown-service': 'resources without a service (set service.name)',
  'attributes-cut': 'attributes left out (too many, or too long a name)',
  'sum-ignored': 'histogram sums that are no numbers, ignored',
};

export type RejectedPlace = {
  readonly reason: RejectReason;
  readonly environment: string;
  readonly service: string;
  readonly count: number;
  readonly example: string;
};
const maxPlaces = 50;

export class Tally {
  rejected = 0;
  readonly reasons = new Map<RejectReason, number>();
  readonly notes = new Map<NoteKind, number>();
  #firstExample = '';

  /** By whom it is about, as far as that is known; bounded, the rest is added up under one. */
  readonly places = new Map<string, RejectedPlace>();

  /** `what` names the item for people; it must already be clean text. */
  reject(reason: RejectReason, what: string, scope: Scope, count = 1): void {
    this.rejected += count;
    const { environment } = scope;
    const service = this.places.size < maxPlaces ? scope.service : '(other services)';
    const key = JSON.stringify([reason, environment, service]);
    const known = this.places.get(key);
    this.places.set(key, {
      reason,
      environment,
      service,
      count: count + (known?.count ?? 0),
      example: known?.example ?? what,
    });
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + count);
    if (this.#firstExample === '') this.#firstExample = `${what} (${reason})`;
  }

  note(kind: NoteKind, count = 1): void {
    if (count > 0) this.notes.set(kind, (this.notes.get(kind) ?? 0) + count);
  }

  /** For OTLP's partialSuccess: what was rejected, and what was taken with a warning. Empty when there is neither. */
  message(): string {
    const warned = [...this.notes].flatMap(([kind, count]) => {
      const warning = warnings[kind];
      return warning === undefined ? [] : [`${warning}: ${count}`];
    });
    return [...(this.rejected === 0 ? [] : [this.#rejections()]), ...warned].join('; ');
  }

  #rejections(): string {
    const counts = [...this.reasons].map(([reason, count]) => `${count} ${reason}`).join(', ');
    return `${this.rejected} rejected: ${counts}; first: ${this.#firstExample}`;
  }
}
