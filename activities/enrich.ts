// One analysis: gathers everything a diagnosis may look at, explains it, and stores what it looked at with the evidence found
// in it, so that the answer can be reproduced. What cannot be read in time is named, not waited for.

import { ServiceGraph } from '../domain/correlation/service-graph.ts';
import type { Anomaly } from '../domain/detection/anomaly.ts';
import { soundOnset } from '../domain/detection/onset.ts';
import { diagnose } from '../domain/diagnosis/diagnose.ts';
import type { CallEdge, DiagnosisInput } from '../domain/diagnosis/input.ts';
import { outsideEvidence } from '../domain/diagnosis/outside.ts';
import type { UnseenChanges } from '../domain/lag/change-looks.ts';
import type { Recalled } from '../domain/memory/port.ts';
import { similarEvidence } from '../domain/memory/similar.ts';
import { findLeads } from '../domain/model/leads.ts';
import type { ActivityDeps } from './deps.ts';
import { lookOutside } from './outside.ts';
import { type RangesAt, readCalls, readLogs, readMetrics } from './paced-reading.ts';
import type { History } from './ports.ts';
import { type Gathering, startGathering, withTimeout } from './sources.ts';
import { observeTargets } from './targets.ts';
import { rangesAround } from './time-ranges.ts';
import type { Activities, EnrichInput } from './types.ts';

/** A diagnosis is due within a second or so of the settling; a store that needs longer is as good as away. */
const sourceTimeoutMs = 4_000;
/** The memory is a help: nobody waits for it for long, and without it no evidence is missing. */
const memoryTimeoutMs = 2_000;

/** Changes explain trouble that begins minutes after them. */
const changesBeforeMs = 30 * 60_000;

const nothingUnseen: UnseenChanges = { missing: [], isDue: false };

/** Beyond this distance in the graph, telemetry is about somebody else's trouble. */
const maxHops = 4;

export function createEnrich(
  deps: Pick<ActivityDeps, 'history' | 'evidence' | 'diagnoses' | 'executors' | 'clock'> &
    Partial<Pick<ActivityDeps, 'model' | 'ownLag' | 'changeLooks' | 'outside' | 'pastIncidents' | 'logger'>>,
): Activities['enrich'] {
  return async (input) => {
    const gathering = startGathering(sourceTimeoutMs);
    const similar = recall(deps, input);
    const lag = await readLag(gathering, deps);
    if (input.mayWait === true && lag.length > 0) return { behind: lag };
    const diagnosisInput = await gather(deps, gathering, lag, await ownAnomalies(deps, input));
    if ('behind' in diagnosisInput) return diagnosisInput;
    const { diagnosis, evidence: found } = diagnose(diagnosisInput, input.failedCauses, input.attempt);
    // A model cites more than the statistics do, and only what is stored exists.
    const leads = deps.model ? findLeads(diagnosisInput, input.attempt).evidence : [];
    const evidence = [
      ...found,
      ...leads,
      ...outsideEvidence(diagnosisInput, input.attempt),
      ...similarEvidence(await similar, input.attempt),
    ];
    const { incidentId, attempt, failedCauses } = input;
    const { evidenceRef, isFirst } = await deps.evidence.save(incidentId, attempt, diagnosisInput, evidence);
    // A retry gathers at another moment, but the first that was stored counts: the answer is about that.
    const stored = isFirst ? null : await deps.evidence.load(evidenceRef);
    const explained = stored === null ? diagnosis : diagnose(stored.input, failedCauses, attempt).diagnosis;
    // Stored here, where it was found: plans are made from it, and policy is asked with it.
    await deps.diagnoses.save(incidentId, attempt, explained);
    return {
      evidenceRef,
      evidenceIds: (stored?.evidence ?? evidence).map(({ id }) => id),
      missing: (stored?.input ?? diagnosisInput).missing,
      diagnosis: explained,
    };
  };
}

/** By what Sentinel is behind. A store that does not say is no reason to wait: that it did not is named as missing. */
function readLag(
  gathering: Gathering,
  { ownLag }: Partial<Pick<ActivityDeps, 'ownLag'>>,
): Promise<readonly string[]> {
  const instead: readonly string[] = [];
  return gathering.read({ name: 'own lag', read: async () => (await ownLag?.missing()) ?? instead, instead });
}

/** Never rejects. */
async function recall(
  { pastIncidents, logger }: Partial<Pick<ActivityDeps, 'pastIncidents' | 'logger'>>,
  { incidentId, scope: { environment, service }, anomalies }: EnrichInput,
): Promise<readonly Recalled[]> {
  if (pastIncidents == null) return [];
  try {
    const asked = pastIncidents.like({ incidentId, environment, service, anomalies });
    return await withTimeout(asked, memoryTimeoutMs);
  } catch (error) {
    logger?.warn({ incidentId, err: error }, 'past incidents could not be recalled');
    return [];
  }
}

/** What somebody merely tells of an incident is no symptom of it: only what correlation gave to it counts. */
async function ownAnomalies(
  { evidence }: Pick<ActivityDeps, 'evidence'>,
  input: EnrichInput,
): Promise<EnrichInput> {
  const ids = input.anomalies.map(({ id }) => id);
  const own = await evidence.ofIncident(input.incidentId, ids);
  return { ...input, anomalies: input.anomalies.filter(({ id }) => own.has(id)) };
}

/** `behind`: a change that may explain it is about to be told. */
async function gather(
  {
    history,
    evidence,
    executors,
    clock,
    changeLooks,
    outside = [],
  }: Pick<ActivityDeps, 'history' | 'evidence' | 'executors' | 'clock'> &
    Partial<Pick<ActivityDeps, 'changeLooks' | 'outside'>>,
  gathering: Gathering,
  lag: readonly string[],
  { scope, anomalies, ...given }: EnrichInput,
): Promise<DiagnosisInput | { readonly behind: readonly string[] }> {
  const { environment } = scope;
  const nowMs = clock.nowMs();
  const onsetMs = soundOnset(anomalies, given.onsetMs, nowMs);
  const [edges, unseen, changes, targets] = await Promise.all([
    gathering.read({ name: 'service graph', read: () => evidence.edges(environment), instead: [] }),
    gathering.read({
      name: 'looks at changes',
      read: async () => (await changeLooks?.unseen(environment, onsetMs)) ?? nothingUnseen,
      instead: nothingUnseen,
    }),
    gathering.read({
      name: 'changes',
      read: () => evidence.changes(environment, onsetMs - changesBeforeMs, nowMs),
      instead: [],
    }),
    observeTargets(gathering, executors, environment),
  ]);
  const own = [scope.service, ...anomalies.map((anomaly) => anomaly.scope.service)];
  const services = nearby(own, edges);
  // What is known to have changed nearby is enough to begin with: somebody changes something all the time.
  const isExplained = changes.some(({ service }) => services?.includes(service) ?? true);
  const unseenHere = isExplained ? nothingUnseen : unseen;
  if (given.mayWait === true && unseenHere.isDue) return { behind: unseenHere.missing };
  const rangesAt = (paceMs: number) => rangesAround(environment, onsetMs, nowMs, nowMs, paceMs);
  const ranges = rangesAt(1_000);
  const about = { environment, services: [...new Set([...own, ...(services ?? [])])], onsetMs, nowMs };
  const [telemetry, views] = await Promise.all([
    readHistory(gathering, history, rangesAt, services),
    lookOutside(outside, about, sourceTimeoutMs),
  ]);
  // Sentinel being behind is like a source that was late: what it saw may not be all there was.
  const missing = [...gathering.missing, ...unfounded(anomalies), ...unseenHere.missing, ...lag];
  const found = {
    environment,
    nowMs,
    onsetMs,
    anomalies,
    ranges,
    ...telemetry,
    edges,
    changes,
    targets,
    missing,
  };
  return views.length === 0 ? found : { ...found, outside: views };
}

/** Nothing is done on somebody's word alone: a report, however it was sent, is no measurement. */
function unfounded(anomalies: readonly Anomaly[]): readonly string[] {
  if (anomalies.length === 0) return ['an anomaly of this incident'];
  return anomalies.some(({ detector }) => detector !== 'external')
    ? []
    : ['a symptom that Sentinel measured itself (all of them were reported)'];
}

/** Services whose telemetry matters; undefined (all of them) when the graph is not known. */
function nearby(services: readonly string[], edges: readonly CallEdge[]): readonly string[] | undefined {
  if (edges.length === 0) return undefined;
  const graph = new ServiceGraph(edges, maxHops);
  return [...new Set(services.flatMap((service) => [...graph.around(service)]))].toSorted();
}

async function readHistory(
  gathering: Gathering,
  history: History,
  rangesAt: RangesAt,
  services: readonly string[] | undefined,
): Promise<Pick<DiagnosisInput, 'calls' | 'metrics' | 'logs'>> {
  const from = <T>(name: string, read: () => Promise<readonly T[]>) =>
    gathering.read<readonly T[]>({ name, read, instead: [] });
  const [calls, metrics, logs] = await Promise.all([
    from('calls', () => readCalls(history, rangesAt, services)),
    from('metrics', () => readMetrics(history, rangesAt, services)),
    from('logs', () => readLogs(history, rangesAt, services)),
  ]);
  return { calls, metrics, logs };
}
