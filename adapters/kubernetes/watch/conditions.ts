// What is wrong, as the cluster itself judges it: containers in a crash loop, images that cannot be pulled, pods that find no node
// or do not get ready, rollouts that are stuck, jobs that failed. One alert for each workload and trouble, however many of its pods
// have it: a thousand failing pods are one sentence.

import type { Severity } from '../../../domain/scope.ts';
import { endInWords } from './ends.ts';
import type { JobFacts, WorkloadFacts } from './facts.ts';
import type { ContainerFacts, PodFacts } from './pod-facts.ts';
import { type Belongs, ofNode, type View } from './view.ts';

export type Condition = {
  readonly of: Belongs;
  readonly trouble: string;
  readonly severity: Severity;
  readonly title: string;
  /** By our clock. */
  readonly sinceMs: number;
  /** The first pod that has it; empty where it is about no pod. */
  readonly pod: string;
};

/** An autoscaler of nodes takes a minute or two to bring one; a registry that is asked again often answers. */
const findsNoNodeMs = 120_000;
const startFailsMs = 30_000;

const crashing = 'CrashLoopBackOff';
const images = /^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|ImageInspectError)$/;
const broken = /^(CreateContainerConfigError|CreateContainerError|RunContainerError|PostStartHookError)$/;

type PodTrouble = { readonly trouble: string; readonly words: string; readonly sinceMs: number };

export function conditionsOf(view: View, nowMs: number): readonly Condition[] {
  const found = new Map<string, Condition & { pods: number }>();
  for (const { all, aheadMs } of view.pods)
    for (const pod of all.values()) {
      const trouble = troubleOf(pod, view, (aheadMs() ?? 0) + nowMs, nowMs);
      if (trouble === null) continue;
      const of = view.belongsTo(pod);
      const key = keyOf(of, trouble.trouble);
      const known = found.get(key);
      if (known !== undefined) known.pods += 1;
      else
        found.set(key, {
          of,
          ...trouble,
          title: trouble.words,
          severity: gravity(of),
          pod: pod.name,
          pods: 1,
        });
    }
  const ofPods = [...found.values()].map(({ pods, title, ...rest }) => ({
    ...rest,
    title: pods === 1 ? title : `${title} (and ${pods - 1} more ${pods === 2 ? 'pod' : 'pods'})`,
  }));
  const others = [
    ...view.workloads.flatMap(({ all }) => [...all.values()].flatMap((one) => ofWorkload(one, nowMs))),
    ...autoscalersAtMost(view, nowMs),
    ...failedJobs(view, nowMs),
    ...nodesInTrouble(view, nowMs),
  ];
  return [...ofPods, ...others];
}

export const keyOf = ({ namespace, kind, name }: Belongs, trouble: string): string =>
  `${namespace}/${kind}/${name}/${trouble}`;

function troubleOf(pod: PodFacts, view: View, clusterMs: number, nowMs: number): PodTrouble | null {
  if (pod.deleting || pod.ready || pod.phase === 'Succeeded' || pod.phase === 'Failed') return null;
  // How long, as the cluster's own clock has it: ours may be elsewhere.
  const forMs = Math.max(0, clusterMs - (pod.readySinceMs ?? clusterMs));
  const sinceMs = nowMs - forMs;
  const waiting = (reason: (text: string) => boolean): ContainerFacts | undefined =>
    pod.containers.find((one) => one.waiting !== null && reason(one.waiting.reason));
  const loop = waiting((reason) => reason === crashing);
  if (loop !== undefined) {
    const end = loop.lastEnd === null ? '' : `: ${endInWords(loop.lastEnd)}`;
    const often = `${loop.restarts} ${loop.restarts === 1 ? 'restart' : 'restarts'}`;
    const words = `container ${loop.name} of pod ${pod.name} is in a crash loop${end}, ${often}`;
    return { trouble: 'crash-loop', words, sinceMs };
  }
  if (forMs >= startFailsMs) {
    const image = waiting((reason) => images.test(reason));
    if (image !== undefined)
      return { trouble: 'image', words: cannotStart(pod, image, 'the image cannot be pulled'), sinceMs };
    const failing = waiting((reason) => broken.test(reason));
    if (failing !== undefined)
      return { trouble: 'start', words: cannotStart(pod, failing, 'the container cannot be made'), sinceMs };
  }
  if (pod.unscheduled !== null) {
    const { message, sinceMs: at } = pod.unscheduled;
    const lostMs = Math.max(0, clusterMs - (at ?? clusterMs));
    if (lostMs < findsNoNodeMs) return null;
    const words = `pod ${pod.name} finds no node: ${message}`;
    return { trouble: 'unschedulable', words, sinceMs: nowMs - lostMs };
  }
  const patienceMs = view.belongsTo(pod).workload?.deadlineMs ?? usualPatienceMs;
  if (forMs < patienceMs) return null;
  const minutes = Math.round(patienceMs / 60_000);
  const words = `pod ${pod.name} has not been ready for more than ${minutes} min (${pod.phase})`;
  return { trouble: 'not-ready', words, sinceMs };
}

/** As long as a rollout may take by default. */
const usualPatienceMs = 600_000;

function cannotStart(pod: PodFacts, { name, waiting }: ContainerFacts, what: string): string {
  const said = [waiting?.reason, waiting?.message].filter(Boolean).join(': ');
  return `container ${name} of pod ${pod.name} does not start, ${what}: ${said}`;
}

/** Nothing of it works any more, or some of it still does. */
function gravity({ workload }: Belongs): Severity {
  return workload !== null && workload.wanted > 0 && workload.ready === 0 ? 'critical' : 'warning';
}

function ofWorkload(workload: WorkloadFacts, nowMs: number): readonly Condition[] {
  const { namespace, kind, name, service, rollout, failure } = workload;
  const of: Belongs = { namespace, kind, name, service, workload };
  const base = { of, severity: gravity(of), sinceMs: nowMs, pod: '' };
  const conditions: Condition[] = [];
  if (rollout.stuck?.includes('progress deadline'))
    conditions.push({ ...base, trouble: 'rollout-stuck', title: `${kind} ${name}: ${rollout.stuck}` });
  if (failure !== null)
    conditions.push({
      ...base,
      trouble: 'no-pods',
      title: `${kind} ${name} cannot make its pods: ${failure}`,
    });
  return conditions;
}

function autoscalersAtMost(view: View, nowMs: number): readonly Condition[] {
  return view.autoscalers.flatMap(({ all }) =>
    [...all.values()].flatMap(({ namespace, name, target, most, limited }) => {
      if (!limited) return [];
      const workload = view.workloadNamed(namespace, target.kind, target.name);
      const kind = target.kind.toLowerCase();
      const of: Belongs = {
        ...{ namespace, kind, name: target.name, workload },
        service: workload?.service ?? target.name,
      };
      const title = `autoscaler ${name} is at its maximum of ${most} replicas and wants more`;
      return [
        { of, trouble: 'autoscaler-at-maximum', severity: 'info' as const, title, sinceMs: nowMs, pod: '' },
      ];
    }),
  );
}

function nodesInTrouble(view: View, nowMs: number): readonly Condition[] {
  return view.nodes.flatMap(({ all }) =>
    [...all.values()].flatMap((node) =>
      node.troubles.map(({ trouble, words: title }) => ({
        ...{ of: ofNode(node), trouble, severity: 'warning' as const, title, sinceMs: nowMs, pod: '' },
      })),
    ),
  );
}

/** A job of a schedule that failed is over when a later one of it has succeeded. */
function failedJobs(view: View, nowMs: number): readonly Condition[] {
  return view.jobs.flatMap(({ all }) => {
    const latest = new Map<string, JobFacts>();
    for (const job of all.values()) {
      if (job.failed === null && !job.succeeded) continue;
      const key = job.owner?.uid ?? job.uid;
      const known = latest.get(key);
      if (known === undefined || (known.createdMs ?? 0) < (job.createdMs ?? 0)) latest.set(key, job);
    }
    return [...latest.values()].flatMap((job) => {
      if (job.failed === null) return [];
      const of = view.jobBelongsTo(job);
      const title = `job ${job.name} failed: ${job.failed}`;
      return [{ of, trouble: 'job-failed', severity: 'warning' as const, title, sinceMs: nowMs, pod: '' }];
    });
  });
}
