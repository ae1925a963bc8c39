// The worker part of a process: activities over the stores and executors, polled from Temporal.

import { join } from 'node:path';
import { createActivities } from '../../activities/index.ts';
import type { History } from '../../activities/ports.ts';
import { HistoryUnavailable } from '../../adapters/clickhouse/errors.ts';
import { dataConverterOf } from '../../adapters/temporal/payloads/data-converter.ts';
import { securityOptions } from '../../adapters/temporal/security.ts';
import { runbookFrom } from '../../domain/remediation/runbook.ts';
import type { Shutdown } from '../lifecycle/shutdown.ts';
import { createKeeper } from '../memory/keeper.ts';
import { createPastIncidents } from '../memory/past-incidents.ts';
import { openModels } from '../models/open.ts';
import { outsideSources } from '../monitors.ts';
import type { Platform } from '../platform.ts';
import { temporalSecurity } from '../temporal/server.ts';
import { connectWorkers, installTemporalRuntime } from './runtime.ts';
import { startWorker } from './start-worker.ts';

const pruneEveryMs = 3_600_000;
/** An entry that is not linked yet can still be changed unnoticed by whoever owns the tables. */
const sealEveryMs = 1_000;
/** Some thousand links take a fraction of a second; an audit of a million is checked within half a day. */
const verifyEveryMs = 60_000;
const linksAtOnce = 2_000;

/** Resolves when the worker polls; the answer settles when it is down for whatever reason. */
export async function startWorkerPart(
  platform: Platform,
  shutdown: Shutdown,
): Promise<{ readonly stopped: Promise<void> }> {
  const { config, log, metrics, clock, stores, history, temporal, executors, payloads, memory } = platform;
  // Only here: the native runtime ends with the last worker, and keeps a process up that never has one.
  installTemporalRuntime(log);
  const connection = await connectWorkers(temporal.address, securityOptions(temporalSecurity(config)));
  shutdown.add('worker connection', () => connection.close());
  const worker = await startWorker({
    connection,
    namespace: config.temporal.namespace,
    taskQueue: config.temporal.taskQueue,
    logger: log,
    dataConverter: dataConverterOf(payloads, 'worker'),
    bundle: { cacheDir: join(config.cacheDir, 'bundles'), encodeFailures: payloads.mode === 'encrypted' },
    activities: createActivities({
      history: history ?? noHistory,
      incidents: stores.incidents,
      evidence: stores.evidence,
      plans: stores.plans,
      diagnoses: stores.diagnoses,
      approvals: stores.approvalRequests,
      gate: stores.gate,
      executors,
      resources: stores.resources,
      stops: stores.stops,
      silences: stores.silences,
      rollbacks: stores.rollbacks,
      postmortems: stores.postmortems,
      requeue: stores.requeue,
      policy: config.policy,
      runbook: runbookFrom(config.runbooks),
      verification: config.verification,
      ownLag: config.ownLag.lowersAutonomy ? stores.ownLag : null,
      changeLooks: stores.changeLooks,
      pastIncidents:
        memory === null
          ? null
          : createPastIncidents(memory.memory, memory.embedder, { ...memory, nowMs: clock.nowMs }),
      outside: await outsideSources(config),
      model: await openModels(config, stores.modelTurns, (provider, variable) =>
        log.warn({ provider, variable }, 'model provider skipped: its key is not set'),
      ),
      clock,
      logger: log,
      metrics,
    }),
  });
  shutdown.add('worker', worker.stop);
  if (memory !== null) {
    const { endedIncidents, embeddings } = stores;
    const keeper = createKeeper({ ...memory, ended: endedIncidents, embeddings, nowMs: clock.nowMs, log });
    keeper.start();
    shutdown.add('remembering', keeper.stop);
  }
  const pruning = setInterval(() => {
    stores.maintenance.prune().catch((error: unknown) => log.warn({ err: error }, 'pruning failed'));
  }, pruneEveryMs);
  shutdown.add('pruning', async () => clearInterval(pruning));
  const sealing = setInterval(() => {
    stores.auditChain
      .seal()
      .catch((error: unknown) => log.warn({ err: error }, 'linking the audit log failed'));
  }, sealEveryMs);
  const verifying = setInterval(() => {
    stores.auditChain.verifyNext(linksAtOnce).then(
      (found) => {
        if (!found.ok) log.error({ ...found }, 'the audit log was altered: its chain is broken');
      },
      (error: unknown) => log.warn({ err: error }, 'checking the audit log failed'),
    );
  }, verifyEveryMs);
  shutdown.add('audit chain', async () => {
    clearInterval(sealing);
    clearInterval(verifying);
  });
  return worker;
}

const switchedOff = () => Promise.reject(new HistoryUnavailable('read telemetry history', 'it is disabled'));
const noHistory: History = { calls: switchedOff, metrics: switchedOff, logs: switchedOff };
