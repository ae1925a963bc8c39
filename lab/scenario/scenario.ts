/** A scenario that was read and found right; all times in milliseconds, all fault parameters complete. */
import type { ActionName } from '../supervisor/actions.ts';
import type { FaultKind } from '../supervisor/fault-kinds.ts';
import type { ServiceName } from '../topology.ts';

export interface ScenarioFault {
  /** After the end of the warm-up. */
  atMs: number;
  service: ServiceName;
  kind: FaultKind;
  with: Record<string, unknown>;
}

export interface Scenario {
  file: string;
  name: string;
  about: string;
  load: { requestsPerSecond: number };
  warmUpMs: number;
  faults: ScenarioFault[];
  /** The one root cause. `fixedBy` is empty when the right thing is to change nothing. */
  truth: { service: ServiceName; cause: FaultKind; fixedBy: ActionName[] };
  /** After the first fault. */
  deadlineMs: number;
}
