// The service's own trouble began shortly after a release or a configuration change of that very service. A change
// of a service without trouble of its own explains nothing, however close it was.

import type { SuspectChange } from '../changes.ts';
import { type Context, type Draft, type HypothesisTest, locality, type Suspect } from '../context.ts';
import { edgeFact, explainedFact, ownErrorsFact, selfTimeFact, silenceFact } from '../facts-calls.ts';
import { changeFact, cpuFact, memoryFact, poolFact, restartsFact } from '../facts-resources.ts';
import { isBad, onlyOne } from '../instances.ts';
import { shown } from '../names.ts';

export const badRelease: HypothesisTest = (context, suspect) =>
  badChange(context, suspect, 'bad-release', suspect.signs.release);

export const badConfig: HypothesisTest = (context, suspect) =>
  badChange(context, suspect, 'bad-config', suspect.signs.config);

function badChange(
  context: Context,
  suspect: Suspect,
  cause: 'bad-release' | 'bad-config',
  change: SuspectChange | null,
): Draft | null {
  const { service } = suspect;
  const kind = troubleFactor(suspect);
  if (change === null || kind === 0) return null;
  let score = 0.94 * change.weight * kind * locality(suspect);
  const survivor = onlyOne(service.instances, isBad);
  // A change reaches every replica; one bad replica among equally new ones is bad by itself.
  if (survivor !== null && allNew(suspect, change.change.atMs)) score *= 0.7;
  return {
    cause,
    service: service.service,
    score,
    reason: `Its own trouble began right after its new ${cause === 'bad-release' ? 'release' : 'configuration'}.`,
    ...nameOf(change),
    evidenceFor: [changeFact(context, change), ...ownTroubleFacts(context, suspect)],
    evidenceAgainst:
      suspect.explainedBy === null ? [] : [explainedFact(context, service, suspect.explainedBy)],
  };
}

/** As deployment tools and our own service call the version that a change brought. */
const versionNames = ['to', 'version', 'service.version', 'release', 'revision', 'tag', 'image.tag', 'sha'];

function nameOf({ change }: SuspectChange): { readonly change?: string } {
  const version = versionNames
    .map((name) => change.attributes[name])
    .find((value) => typeof value === 'string');
  // `orders v3`, `orders v2 → v3`: where nothing names it, the last word of the summary may.
  const said = /(?:^|\s)(v?\d[\w.+-]{0,39})$/.exec(change.summary.trim())?.[1];
  const name = version ?? said;
  return name === undefined ? {} : { change: shown(String(name)) };
}

/** How well a bad change explains the kind of trouble there is; 0 when there is none. */
function troubleFactor({ signs, service }: Suspect): number {
  const soft = signs.ownErrors || signs.selfTime || signs.silence?.kind === 'hang';
  const resource = signs.cpu !== null || signs.memory !== null || signs.pool !== null;
  const dying = signs.down || service.replicas.restarts > 0;
  // A loop of crashes is named by what it is; going back to the former version is its remedy anyway.
  if (dying) return 0.82;
  if (signs.disk !== null) return 0.7;
  // Demand that grew at the entry, or an outside dependency that slowed, is a better reason than a change.
  if (signs.surge && !signs.ownErrors) return 0.6;
  if (signs.outside?.stats.latency.up === true) return signs.cpu === null ? 0.75 : 0.95;
  if (resource) return 1;
  if (soft) return signs.silence?.kind === 'hang' ? 1 : 0.75 + 0.25 * signs.strength;
  return signs.outside === null ? 0 : 0.8;
}

function allNew({ service }: Suspect, changedMs: number): boolean {
  const running = service.target?.replicas.filter(({ state }) => state === 'running') ?? [];
  return running.length > 1 && running.every(({ startedAtMs }) => startedAtMs >= changedMs);
}

function ownTroubleFacts(context: Context, { service, signs }: Suspect): readonly string[] {
  return [
    ...(signs.ownErrors ? [ownErrorsFact(context, service)] : []),
    ...(signs.selfTime ? [selfTimeFact(context, service)] : []),
    ...(signs.silence?.kind === 'hang' ? [silenceFact(context, service, signs.silence)] : []),
    ...(signs.cpu === null ? [] : [cpuFact(context, service, signs.cpu)]),
    ...(signs.memory === null ? [] : [memoryFact(context, service, signs.memory)]),
    ...(signs.pool === null ? [] : [poolFact(context, service, signs.pool)]),
    ...(service.replicas.restarts === 0 ? [] : [restartsFact(context, service)]),
    ...(signs.outside === null ? [] : [edgeFact(context, service, signs.outside)]),
  ];
}
