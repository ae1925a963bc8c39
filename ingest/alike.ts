// Asks the memory of incidents about alerts that would open an incident of their own, before they do. Only those are asked about; nothing
// is asked while the locks of correlation are held; and without an answer an alert goes its way as if there were no memory.

import { createHash } from 'node:crypto';
import type { Likeness } from '../domain/correlation/alike.ts';
import type { AlikeConfig } from '../domain/correlation/alike-config.ts';
import type { CorrelationConfig } from '../domain/correlation/correlate.ts';
import type { Anomaly } from '../domain/detection/anomaly.ts';
import type { Embedder, IncidentMemory, Memory, RememberedIncident } from '../domain/memory/port.ts';
import { openedFor } from '../domain/memory/remember.ts';
import { createTurns } from '../domain/turns.ts';
import type { AskingEpisodes, Assignment, Episodes, Logger } from './ports.ts';

/** A storm has hundreds that say a handful of things; beyond that many it is crowds that put it together. */
const mostDescriptions = 32;
const mostCandidates = 10;
/** Asking changes what would open an incident: those that come to it only then are asked about once more. */
const rounds = 2;

type AlikeDeps = {
  readonly memory: IncidentMemory;
  readonly embedder: Embedder;
  readonly config: AlikeConfig;
  readonly timeoutMs: number;
  readonly log: Pick<Logger, 'warn'>;
};

const unknown: Likeness = { vector: null, open: [] };

/** The same `assignAll`, with the memory asked where it matters. */
export function assignAlike(
  episodes: Pick<AskingEpisodes, 'assignAll' | 'assignAsked'>,
  deps: AlikeDeps,
): Episodes['assignAll'] {
  // Two batches that open incidents see each other: the second asks when the first is in the memory.
  const inTurn = createTurns(1);

  return async (anomalies, correlation) => {
    const first = await episodes.assignAsked(anomalies, correlation, new Map());
    if (first.kind === 'assigned') return first.assignments;
    return inTurn(() => asked(anomalies, correlation, first.unasked));
  };

  async function asked(
    anomalies: readonly Anomaly[],
    correlation: CorrelationConfig,
    unasked: readonly Anomaly[],
  ): Promise<readonly Assignment[]> {
    const answers = new Map<string, Likeness>();
    let open = unasked;
    for (let round = 1; round <= rounds; round += 1) {
      for (const [id, likeness] of await ask(open)) answers.set(id, likeness);
      const result = await episodes.assignAsked(anomalies, correlation, answers);
      if (result.kind === 'assigned') {
        await remember(anomalies, result.assignments, answers);
        return result.assignments;
      }
      open = result.unasked;
    }
    return episodes.assignAll(anomalies, correlation);
  }

  /** One answer for each; never rejects. */
  async function ask(findings: readonly Anomaly[]): Promise<ReadonlyMap<string, Likeness>> {
    const answers = new Map(findings.map(({ id }) => [id, unknown]));
    const looks = findings.flatMap((finding) => {
      const look = openedFor(finding, '');
      return look === null ? [] : [{ finding, look, key: keyOf(look) }];
    });
    const alike = [...Map.groupBy(looks, ({ key }) => key).values()].slice(0, mostDescriptions);
    try {
      const found = await within(
        deps.timeoutMs,
        recallAll(
          alike.flatMap(([one]) => one?.look ?? []),
          findings,
        ),
      );
      alike.forEach((ofOne, at) => {
        for (const { finding } of ofOne) answers.set(finding.id, found[at] ?? unknown);
      });
    } catch (error) {
      deps.log.warn({ err: error }, 'the memory of incidents could not be asked; alerts go on without it');
    }
    return answers;
  }

  async function recallAll(
    looks: readonly RememberedIncident[],
    findings: readonly Anomaly[],
  ): Promise<readonly Likeness[]> {
    const { memory, embedder, config } = deps;
    if (looks.length === 0) return [];
    const vectors = await embedder.embed(looks.map(({ description }) => description));
    const sinceMs = Math.min(...findings.map(({ onsetMs }) => onsetMs)) - openForMs;
    return Promise.all(
      looks.map(async ({ environment }, at): Promise<Likeness> => {
        const vector = vectors[at] ?? [];
        const open = await memory.recall({
          environment,
          vector,
          is: 'open',
          minSimilarity: config.similarity,
          sinceMs,
          limit: mostCandidates,
        });
        return { vector, open };
      }),
    );
  }

  /** What was opened can be found by the next one. */
  async function remember(
    anomalies: readonly Anomaly[],
    assignments: readonly Assignment[],
    answers: ReadonlyMap<string, Likeness>,
  ): Promise<void> {
    const memories = anomalies.flatMap((anomaly, at): Memory[] => {
      const assignment = assignments[at];
      const vector = answers.get(anomaly.id)?.vector;
      if (assignment?.kind !== 'incident' || assignment.opened !== true || vector == null) return [];
      const incident = openedFor(anomaly, assignment.input.incidentId);
      return incident === null ? [] : [{ incident, vector }];
    });
    if (memories.length === 0) return;
    try {
      await within(deps.timeoutMs, deps.memory.remember(memories));
    } catch (error) {
      deps.log.warn({ err: error }, 'an open incident could not be remembered');
    }
  }
}

/** An incident may have been open for long when its next alert comes. */
const openForMs = 7 * 86_400_000;

function keyOf({ environment, description }: RememberedIncident): string {
  return createHash('sha256')
    .update(JSON.stringify([environment, description]))
    .digest('hex');
}

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
