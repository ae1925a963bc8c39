/**
 * Actions that an owner would take back, each through the whole chain on a real API server with an owner that really reconciles:
 * how many are sent although the owner shows, and how many are told as fixed although the bad state is back.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Executor } from '../../../../activities/ports/executor.ts';
import {
  controllerRevisionsPath,
  podsPath,
  replicaSetsPath,
  workloadPath,
  workloadsPath,
} from '../../../../adapters/kubernetes/kinds.ts';
import { allOf, pod } from '../../../../adapters/kubernetes/objects.ts';
import { eventually } from '../../../integration/support/wait.ts';
import type { Manifest } from '../../../support/kubernetes/drift.ts';
import { executorFor, manifest, read, settled } from '../../../support/kubernetes/workloads.ts';
import { isRecognisable, type OwnerCase, showsBeforeSend, takesBack } from './cases.ts';
import { type Stages, type Told, throughTheChain, type Verifies } from './chain.ts';
import { type PlayedOwner, playOwner } from './played-owner.ts';
import { playSymptom } from './symptom.ts';
import { emptied, type OwnersWorld } from './world.ts';

export type Judged = OwnerCase & {
  readonly told: Told;
  /** Sent although the owner that takes it back shows, and is not paused. */
  readonly blindly: boolean;
  /** Told as recovered although the owner had put the bad state back before the last look. */
  readonly toldAsFixed: boolean;
  /** Put back only after that look: nobody could have known, unless he knew the owner. */
  readonly takenBackLater: boolean;
};

export const namespacesFor = (atOnce: number): readonly string[] =>
  Array.from({ length: atOnce }, (_, slot) => `slot-${slot}`);

export type Wanted = {
  readonly cases: readonly OwnerCase[];
  readonly atOnce: number;
  readonly verifies?: Verifies;
};

/** Every case, several at once. */
export async function owners(
  world: OwnersWorld,
  { cases, atOnce, verifies = 'and-looks-again' }: Wanted,
  heard: (one: Judged) => void = () => {},
): Promise<readonly Judged[]> {
  const left = [...cases];
  const judged: Judged[] = [];
  await Promise.all(
    namespacesFor(atOnce).map(async (namespace) => {
      for (let one = left.shift(); one !== undefined; one = left.shift()) {
        const its = await carriedThrough(world, namespace, one, verifies);
        judged.push(its);
        heard(its);
      }
    }),
  );
  return judged;
}

/** A busy machine on which the test itself gets no answer says nothing of the case: it begins anew, under another name. */
async function carriedThrough(
  world: OwnersWorld,
  namespace: string,
  one: OwnerCase,
  verifies: Verifies,
): Promise<Judged> {
  const untilMs = Date.now() + triedForMs;
  for (let tries = 1; ; tries += 1) {
    try {
      return await tried(world, namespace, { ...one, name: `${one.name}-${tries}` }, verifies);
    } catch (error) {
      if (Date.now() > untilMs) throw error;
      process.stderr.write(`${one.name} is tried again: ${String(error)}\n`);
    } finally {
      await eventually(`${namespace} to be emptied`, () => emptied(world, namespace).then(() => true));
    }
  }
}

const triedForMs = 240_000;
const replicas = 2;
const good = { image: 'registry.test/shop:v1', env: '1' };
const troubles = {
  scale: good,
  restart: good,
  'rollback-release': { ...good, image: 'registry.test/shop:v2' },
  'rollback-config': { ...good, env: '2' },
} as const;

async function tried(
  world: OwnersWorld,
  namespace: string,
  one: OwnerCase,
  verifies: Verifies,
): Promise<Judged> {
  const bad = manifest(one.name, { kind: one.kind, replicas, ...troubles[one.action] }) as Manifest;
  await deployBad(world, namespace, one, bad);
  const owner = await playOwner(world, one, namespace, wantedOf(one, bad));
  const symptom = playSymptom(one.name, await badnessOf(world, namespace, one, bad));
  const sent: number[] = [];
  try {
    if (one.appears === 'before-plan') await owner.appear('keeping');
    const executor = counting(executorOf(world, namespace, one), one, sent, () =>
      arrangeArrival(world, namespace, one, owner),
    );
    const stages: Stages = {
      planned: () => when(one.appears === 'before-gate', () => owner.appear('keeping')),
      sending: () => when(one.appears === 'before-send', () => owner.appear('keeping')),
      applied: () => when(one.appears === 'after-effect', () => owner.appear('marking')),
      lastLook: () => when(one.reconcile === 'last-look', () => owner.reconcile()),
    };
    const told = await throughTheChain(executor, one.name, one.action, symptom, stages, verifies);
    return judge(
      one,
      told,
      sent.length > 0,
      owner,
      told.as === 'recovered' && (await takenBackAfter(one, owner)),
    );
  } finally {
    await owner.stop();
    await symptom.stop();
  }
}

const when = async (is: boolean, happen: () => Promise<void>): Promise<void> => (is ? happen() : undefined);

/** The trouble is a version or a number of replicas that was not there before. */
async function deployBad(
  { as, plane }: OwnersWorld,
  namespace: string,
  { name, kind, action }: OwnerCase,
  bad: Manifest,
): Promise<void> {
  await as('kubectl', 'create', workloadsPath(namespace, kind), manifest(name, { kind, replicas, ...good }));
  await settled(plane.admin, namespace, name, kind);
  if (troubles[action] === good) return;
  await as('kubectl', 'patch', workloadPath({ namespace, kind, name }), bad);
  await settled(plane.admin, namespace, name, kind);
}

/** What its owner keeps: the bad state, which is what it knows; some also take marks of a restart away. */
function wantedOf({ owner, kind, keepsReplicas }: OwnerCase, bad: Manifest): Manifest {
  const { replicas: _, ...others } = bad.spec;
  const spec = keepsReplicas || kind === 'daemonset' ? bad.spec : others;
  if (owner === 'hpa' || owner === 'keda') return bad;
  if (owner !== 'operator' && owner !== 'unknown-patched') return { ...bad, spec };
  const template = spec.template as { readonly metadata: object };
  const annotations = { 'sentinel.dev/restarted-by': null };
  const metadata = { ...template.metadata, annotations };
  return { ...bad, spec: { ...spec, template: { ...template, metadata } } };
}

/** Whether the workload is (again) as it was when the trouble began. */
async function badnessOf(
  { plane: { admin } }: OwnersWorld,
  namespace: string,
  { name, kind, action }: OwnerCase,
  bad: Manifest,
): Promise<() => Promise<boolean>> {
  const template = (spec: Readonly<Record<string, unknown>>): unknown => {
    const its = (spec.template as { spec: { containers: readonly { image: string; env?: unknown }[] } }).spec;
    return JSON.stringify(its.containers.map(({ image, env }) => [image, env]));
  };
  const pods = async () =>
    allOf(pod, await admin.list(`${podsPath(namespace)}?labelSelector=app%3D${name}`)).map(
      ({ metadata }) => metadata.uid,
    );
  if (action === 'restart') {
    const old = await pods();
    return async () => (await pods()).some((uid) => old.includes(uid));
  }
  return async () => {
    const { spec } = await read(admin, namespace, name, kind);
    if (action === 'scale') return (spec.replicas ?? 1) <= replicas;
    return template(spec) === template(bad.spec);
  };
}

function executorOf(
  { way }: OwnersWorld,
  namespace: string,
  { reconcile, mayBePaused }: OwnerCase,
): Executor {
  const reconcileSeconds = reconcile === 'last-look' ? 1 : Math.ceil(reconcile / 1_000) + 1;
  const pauseOwners = { argoCd: ['argocd'], flux: ['flux-system'], reconcileSeconds, tellAfterMinutes: 60 };
  return executorFor(way, [namespace], mayBePaused ? { pauseOwners } : {});
}

/** Tells when the action itself may have gone out. */
function counting(
  executor: Executor,
  { action }: OwnerCase,
  sent: number[],
  beginning: () => void,
): Executor {
  return {
    ...executor,
    async begin(intent, call) {
      if (intent.action !== action) return executor.begin(intent, call);
      beginning();
      const begun = await executor.begin(intent, call);
      if (begun.kind !== 'refused') sent.push(Date.now());
      return begun;
    },
  };
}

/** An owner that appears within the call: between two readings of the executor, or between the last one and the change. */
function arrangeArrival(
  { way }: OwnersWorld,
  namespace: string,
  { appears, kind, name }: OwnerCase,
  owner: PlayedOwner,
): void {
  const arrive = () => owner.appear('keeping');
  const revisions = kind === 'deployment' ? replicaSetsPath(namespace) : controllerRevisionsPath(namespace);
  if (appears === 'while-reading') way.meanwhile('GET', revisions, arrive);
  if (appears === 'while-sending') way.meanwhile('PATCH', workloadPath({ namespace, kind, name }), arrive);
}

/** Whether it is put back when the owner has looked (twice, so that one of them began afterwards). */
async function takenBackAfter(one: OwnerCase, owner: PlayedOwner): Promise<boolean> {
  if (one.owner === 'nobody') return false;
  const [before, already] = [owner.looks(), owner.putBackAtMs()];
  if (one.reconcile === 'last-look') await owner.reconcile();
  else
    for (let tries = 0; tries < 100 && owner.looks() < before + 2; tries += 1)
      await pause(Math.max(50, one.reconcile / 20));
  return owner.putBackAtMs() !== already;
}

function judge(one: OwnerCase, told: Told, sent: boolean, owner: PlayedOwner, later: boolean): Judged {
  const wouldBeTakenBack = takesBack(one);
  const putBackAtMs = owner.putBackAtMs() ?? Number.POSITIVE_INFINITY;
  const recovered = told.as === 'recovered' && wouldBeTakenBack;
  return {
    ...{ ...one, told },
    blindly: sent && wouldBeTakenBack && isRecognisable(one) && showsBeforeSend(one) && !told.paused,
    toldAsFixed: recovered && putBackAtMs <= (told.lookedAtMs ?? 0),
    takenBackLater: recovered && later,
  };
}
