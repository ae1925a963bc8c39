/** The parts of one replica, as its request handling and its faults see them. */
import type { Random } from '../support/random.ts';
import type { ServiceSpec } from '../topology.ts';
import type { Behaviour } from './behaviour.ts';
import type { Journal } from './journal.ts';
import type { Limiter } from './limiter.ts';
import type { Endpoints, ReplicaStart } from './messages.ts';
import type { Pool } from './pool.ts';
import type { Telemetry } from './telemetry.ts';

export interface Replica {
  start: ReplicaStart;
  spec: ServiceSpec;
  random: Random;
  telemetry: Telemetry;
  limiter: Limiter;
  pool: Pool;
  journal: Journal;
  behaviour: Behaviour;
  endpoints: Endpoints;
}
