/** Starts and stops the faults of this process; each kind's file says how the fault is made real. */
import { parentIsAlive } from '../../support/parent.ts';
import type { ReplicaFault } from '../messages.ts';
import type { Replica } from '../replica-type.ts';
import { startBurn } from './burn.ts';
import { startDiskFill } from './disk-fill.ts';
import { startLeak } from './leak.ts';
import { startNoise } from './noise.ts';
import { startPoolLeak } from './pool-leak.ts';

export interface FaultBox {
  start: (fault: ReplicaFault) => void;
  stop: (id: string) => void;
}

type Stop = () => void;

export function createFaultBox(replica: Replica): FaultBox {
  const running = new Map<string, Stop>();
  const stop = (id: string): void => {
    running.get(id)?.();
    running.delete(id);
  };
  return {
    start: (fault) => {
      if (!running.has(fault.id))
        running.set(
          fault.id,
          startFault(replica, fault, () => stop(fault.id)),
        );
    },
    stop,
  };
}

function startFault(replica: Replica, fault: ReplicaFault, stop: Stop): Stop {
  const { behaviour, telemetry } = replica;
  switch (fault.kind) {
    case 'hang':
      return startHang(replica, fault.mode);
    case 'memory-leak':
      return startLeak(fault.mbPerSecond);
    case 'cpu-burn':
      return startBurn(fault.intensity, fault.sliceMs);
    case 'pool-exhaustion':
      return startPoolLeak(replica.pool, fault.leakPerSecond);
    case 'disk-fill':
      return startDiskFill(replica.journal, fault.mbPerSecond);
    case 'log-noise':
      return startNoise(telemetry, fault.linesPerSecond, fault.level);
    case 'error-burst':
      behaviour.disturb(fault.id, { errorRate: fault.errorRate, latencyMs: 0, message: fault.message });
      return () => behaviour.calm(fault.id);
    case 'transient-spike': {
      const { errorRate, latencyMs, durationSeconds } = fault;
      behaviour.disturb(fault.id, {
        errorRate,
        latencyMs,
        message: 'temporary failure in lookup for request {id}',
      });
      const timer = setTimeout(stop, durationSeconds * 1000);
      return () => {
        clearTimeout(timer);
        behaviour.calm(fault.id);
      };
    }
    case 'telemetry-gap':
      telemetry.pause(true);
      return () => telemetry.pause(false);
    case 'crash':
      telemetry.log('error', 'fatal: unhandled exception, process exits');
      setTimeout(() => process.exit(1), 20);
      return () => {};
  }
}

/** `process` blocks the event loop without using CPU, as a deadlock does; `requests` only never answers. */
function startHang({ behaviour }: Replica, mode: 'process' | 'requests'): Stop {
  if (mode === 'requests') {
    behaviour.hung = true;
    return () => {
      behaviour.hung = false;
    };
  }
  const lock = new Int32Array(new SharedArrayBuffer(4));
  setImmediate(() => {
    while (parentIsAlive()) Atomics.wait(lock, 0, 0, 500);
    process.exit(0);
  });
  return () => {};
}
