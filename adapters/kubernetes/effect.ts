// What the executor asks of each thing it can change: a workload, one pod, a node. Everything common to them (who may be acted
// on, lost credentials, handles) is in executor.ts.

import type { Begun, Call, Found, Polled, Previewed } from '../../activities/ports/executor.ts';
import type { Intent, Send } from '../../domain/remediation/intent.ts';
import type { PlanStep } from '../../domain/remediation/plan.ts';

export type Step = Pick<PlanStep, 'action' | 'target' | 'parameters'>;

export type Effect = {
  preview(step: Step, signal?: AbortSignal): Promise<Previewed>;
  begin(intent: Intent, call: Call): Promise<Begun>;
  /** `call`: further calls may be made with it; null: this is only a look. */
  poll(intent: Intent, handle: Handle, call: Call | null, signal: AbortSignal): Promise<Polled>;
  /** What has taken this intent on; null where nothing has. */
  accepted(intent: Intent, signal: AbortSignal): Promise<Handle | null>;
  cancel?(intent: Intent, handle: Handle, call: Call): Promise<Polled>;
  lookUp(intent: Intent, signal?: AbortSignal): Promise<Found>;
  close(intent: Intent, send: Send, signal?: AbortSignal): Promise<Found>;
};

/** `uid`: of the object that was changed. `total`: of how many, where an effect has a number of parts. */
export type Handle = { readonly uid: string; readonly total?: number | undefined };
