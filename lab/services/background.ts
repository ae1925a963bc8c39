/** Background work of the worker: a job every half second, each the root of its own trace. */
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api';
import { workerIntervalMs } from '../topology.ts';
import { Failure } from './failure.ts';
import type { Handler } from './handler.ts';
import type { Replica } from './replica-type.ts';
import { SpanStatusCode } from './telemetry.ts';
import { traceOf } from './trace.ts';

export function startBackgroundWork(replica: Replica, handle: Handler): { stop: () => void } {
  if (replica.start.service !== 'worker') return { stop: () => {} };
  const jobs = replica.telemetry.meter.createHistogram('messaging.process.duration', { unit: 's' });
  let count = 0;

  const runJob = async (): Promise<void> => {
    count += 1;
    const id = `${replica.start.taskId}-job-${count}`;
    const startedAt = performance.now();
    const attributes = { 'messaging.operation.type': 'process', 'messaging.destination.name': 'restock' };
    const options = { kind: SpanKind.CONSUMER, attributes };
    const trace = traceOf(
      replica.telemetry.tracer.startSpan('process restock', options, ROOT_CONTEXT),
      ROOT_CONTEXT,
    );
    try {
      await handle({ path: '/restock', id, trace, signal: new AbortController().signal });
      replica.telemetry.log('info', 'restock job done', trace);
    } catch (error) {
      const type = error instanceof Failure ? error.type : 'unexpected';
      trace.span.setAttribute('error.type', type);
      trace.span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
      replica.telemetry.log('error', `restock job failed: ${(error as Error).message}`, trace);
      jobs.record((performance.now() - startedAt) / 1000, { ...attributes, 'error.type': type });
      return;
    } finally {
      trace.span.end();
    }
    jobs.record((performance.now() - startedAt) / 1000, attributes);
  };

  const timer = setInterval(() => void runJob(), workerIntervalMs);
  return { stop: () => clearInterval(timer) };
}
