// What silences mean at this moment for an incident, for a service, and for whoever thinks of making one.

import { type Kysely, sql } from 'kysely';
import type { SilencedHere, SilencePreview } from '../../../api/ports/silences.ts';
import type { Scope } from '../../../domain/scope.ts';
import { type LabelSet, labelsOfScope } from '../../../domain/silences/labels.ts';
import { compileMatchers, type Matcher } from '../../../domain/silences/matchers.ts';
import { type Holding, type SilencedThing, silencedThings } from '../../../domain/silences/silence.ts';
import { databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import type { SilenceBook } from './book.ts';
import { allSilenced, firingLabels } from './members.ts';

const mostPreviewed = 200;

export async function silencedIncident(
  db: Kysely<Schema>,
  book: SilenceBook,
  incidentId: string,
): Promise<SilencedHere> {
  const all = await book.current(db);
  if (all.length === 0) return nothing;
  const [nowMs, labels] = await Promise.all([databaseNowMs(db), firingLabels(db, incidentId)]);
  return each((thing) => allSilenced(all, thing, labels, nowMs));
}

export async function silencedService(
  db: Kysely<Schema>,
  book: SilenceBook,
  scope: Scope,
): Promise<SilencedHere> {
  const all = await book.current(db);
  if (all.length === 0) return nothing;
  const nowMs = await databaseNowMs(db);
  return each((thing) => allSilenced(all, thing, [labelsOfScope(scope)], nowMs));
}

const nothing = each(() => null);

function each(answer: (thing: SilencedThing) => Holding | null): SilencedHere {
  return Object.fromEntries(silencedThings.map((thing) => [thing, answer(thing)])) as SilencedHere;
}

/** Open incidents with findings that these matchers are about, the latest first. */
export async function previewOf(db: Kysely<Schema>, matchers: readonly Matcher[]): Promise<SilencePreview> {
  const matches = compileMatchers(matchers);
  const rows = await db
    .selectFrom('incidents')
    .innerJoin('anomaly_assignments', 'anomaly_assignments.incident_id', 'incidents.id')
    .select(['incidents.id', 'title', 'environment', 'service', 'severity', 'opened_at_ms'])
    .select(sql<LabelSet | null>`finding_labels`.as('labels'))
    .where('status', '<>', 'closed')
    .orderBy('opened_at_ms', 'desc')
    .limit(20_000)
    .execute();
  const incidents = [...Map.groupBy(rows, ({ id }) => id)].flatMap(([incidentId, findings]) => {
    const matched = findings.filter(({ labels }) => labels !== null && matches(labels)).length;
    const [first] = findings;
    if (matched === 0 || first === undefined) return [];
    const { title, environment, service, severity } = first;
    return [{ incidentId, title, environment, service, severity, matched, findings: findings.length }];
  });
  return { incidents: incidents.slice(0, mostPreviewed), of: new Set(rows.map(({ id }) => id)).size };
}
