/** One replica: wires telemetry, limiter, pool, journal and faults to the HTTP server, and obeys the supervisor. */
import { createServer } from 'node:http';
import { listen, portOf } from '../support/http.ts';
import { exitWithParent } from '../support/parent.ts';
import { seededRandom, seedFor } from '../support/random.ts';
import { replicaLimits, topology } from '../topology.ts';
import { startBackgroundWork } from './background.ts';
import { Behaviour } from './behaviour.ts';
import { createFaultBox } from './faults/box.ts';
import { createHandler } from './handler.ts';
import { Journal } from './journal.ts';
import { Limiter } from './limiter.ts';
import type { FromReplica, ReplicaStart, ToReplica } from './messages.ts';
import { Pool } from './pool.ts';
import type { Replica } from './replica-type.ts';
import { createRequestListener } from './server.ts';
import { startTelemetry } from './telemetry.ts';

/** Requests that are on their way when the replica leaves the rotation still get an answer. */
const rotationGraceMs = 150;
const shutdownLimitMs = 900;

export async function runReplica(start: ReplicaStart): Promise<void> {
  exitWithParent();
  const telemetry = startTelemetry(start);
  const replica: Replica = {
    start,
    spec: topology[start.service],
    random: seededRandom(seedFor(start.seed, start.taskId)),
    telemetry,
    limiter: new Limiter(replicaLimits.slots, replicaLimits.queueLength),
    pool: new Pool(
      topology[start.service].dependency,
      replicaLimits.poolSize,
      replicaLimits.poolAcquireTimeoutMs,
    ),
    journal: new Journal(start.sandboxDir, start.taskId, replicaLimits.sandboxBytes),
    behaviour: new Behaviour(telemetry, start.release, start.config),
    endpoints: start.endpoints,
  };
  replica.pool.observe(telemetry);
  await replica.journal.measure();

  const faults = createFaultBox(replica);
  const handle = createHandler(replica);
  const server = createServer({ keepAliveTimeout: 30_000 }, createRequestListener(replica, handle));
  await listen(server);

  const background = startBackgroundWork(replica, handle);
  const stop = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, rotationGraceMs));
    background.stop();
    setTimeout(() => process.exit(0), shutdownLimitMs).unref();
    await new Promise((resolve) => server.close(resolve));
    await telemetry.shutdown();
    process.exit(0);
  };

  process.on('message', (message: ToReplica) => {
    if (message.type === 'endpoints') replica.endpoints = message.endpoints;
    else if (message.type === 'config') replica.behaviour.applyConfig(message.config);
    else if (message.type === 'fault-start') faults.start(message.fault);
    else if (message.type === 'fault-stop') {
      faults.stop(message.id);
      if (message.sequence !== undefined) send({ type: 'ack', sequence: message.sequence });
    } else void stop();
  });
  for (const fault of start.faults) faults.start(fault);
  replica.behaviour.applyRelease(start.releaseDefect);
  telemetry.log('info', `${start.service} ${start.release} listens`);
  send({ type: 'ready', port: portOf(server) });
}

function send(message: FromReplica): void {
  // A parent that is gone is no error here: the end of the channel ends this process.
  process.send?.(message, undefined, undefined, () => {});
}
