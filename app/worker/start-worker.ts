// One Temporal worker: workflows and activities of one task queue, with a start and a stop.

import type { DataConverter } from '@temporalio/common';
import { type NativeConnection, Worker } from '@temporalio/worker';
import type { Activities } from '../../activities/types.ts';
import { incidentTaskQueue } from '../../workflows/messages.ts';
import { type BundleOptions, workflowBundle } from './bundle.ts';
import { guardActivity } from './payload-guard.ts';
import type { WorkerLogger } from './runtime.ts';

export type StartWorkerOptions = {
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** Default: the queue that incidents are started on. */
  readonly taskQueue?: string;
  readonly activities: Activities;
  /** How payloads are signed or encrypted: the same as that of every client. */
  readonly dataConverter: DataConverter;
  readonly logger: WorkerLogger;
  readonly bundle: BundleOptions;
  /** Shown in the Web UI and in logs; default is process id and host name. */
  readonly identity?: string;
};

export type RunningWorker = {
  /** Takes no further task, lets running ones end, and resolves when the worker is down. The connection stays open. */
  stop(): Promise<void>;
  /** Settles when the worker is down for whatever reason: rejects when it broke. */
  readonly stopped: Promise<void>;
};

/** The numbers of a worker, each with its reason. */
const numbers = {
  // An incident in the cache takes about half a megabyte and answers queries without a replay. More open incidents than
  // this still work: the oldest are replayed when something happens to them.
  maxCachedWorkflows: 300,
  // Workflow tasks are milliseconds of CPU on one thread: more at once only wait for each other.
  maxConcurrentWorkflowTaskExecutions: 20,
  // Incidents that are new come by another way than those in the cache, and by default one poll in five looks there: a storm
  // would be worked on before it is seen.
  nonStickyToStickyPollRatio: 0.8,
  // Activities wait for stores, executors and people's systems. The stores allow some ten connections a process; beyond
  // fifty, calls would queue for a connection with their timeout running.
  maxConcurrentActivityTaskExecutions: 50,
  // Tasks of a worker that died wait this long for it before another one gets them.
  stickyQueueScheduleToStartTimeout: 3_000,
  // A stopping worker lets running activities end: stores answer within 10 s.
  shutdownGraceTime: 10_000,
  // An effect may take longer; after this it is left to Temporal, whose retry looks at the world before acting.
  shutdownForceTime: 30_000,
} as const;

/** Starts polling; resolves when the worker is set up, throws when it cannot be. */
export async function startWorker(options: StartWorkerOptions): Promise<RunningWorker> {
  const { connection, namespace, activities, dataConverter, logger, identity } = options;
  const { taskQueue = incidentTaskQueue } = options;
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    activities,
    dataConverter,
    interceptors: { activity: [guardActivity] },
    // The SDK takes a given `undefined` for an answer instead of making its own.
    ...(identity === undefined ? {} : { identity }),
    workflowBundle: await workflowBundle(options.bundle),
    ...numbers,
  });
  const stopped = worker.run();
  stopped.then(
    () => logger.info({ taskQueue }, 'temporal worker stopped'),
    (error: unknown) => logger.error({ taskQueue, err: error }, 'temporal worker broke'),
  );
  logger.info({ taskQueue, namespace }, 'temporal worker started');
  return {
    stopped,
    async stop() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await stopped;
    },
  };
}
