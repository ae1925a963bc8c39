// The general taxonomy of causes: what a hypothesis may name. Runbooks map a cause to candidate actions.

export const causes = [
  'crash',
  'crash-loop',
  'hang',
  'memory-leak',
  'cpu-burn',
  'slow-dependency',
  'error-burst',
  'bad-release',
  'bad-config',
  'disk-fill',
  'traffic-surge',
  'pool-exhaustion',
  'telemetry-gap',
  'log-noise',
  'transient-spike',
  'reported',
] as const;
export type Cause = (typeof causes)[number];

/** Causes where the right thing is to leave the system alone. */
export const harmlessCauses: readonly Cause[] = ['telemetry-gap', 'log-noise', 'transient-spike'];

/** Whether a remedy of ours exists for it at all, or a person (or nobody) has to do something. */
export function mayAct(cause: Cause): boolean {
  return !harmlessCauses.includes(cause) && cause !== 'slow-dependency' && cause !== 'reported';
}
