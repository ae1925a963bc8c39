/** An intent as the gate would write it now, and its first call, for the executors of AWS. */
import type { Executor } from '../../../activities/ports/executor.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import { callOf } from '../calls.ts';

export const environment = 'production';

let intents = 0;

/** For the first target, or the first that serves this. */
export async function intentFor(
  executor: Executor,
  action: Intent['action'],
  parameters: Intent['parameters'] = {},
  service?: string,
) {
  intents += 1;
  const [before] = await executor.observe(environment, service);
  if (before === undefined) throw new Error('the target is not there');
  const intent: Intent = {
    id: `intent-${String(intents).padStart(40, '0')}`,
    incidentId: 'incident/production/orders/abc/1',
    planHash: 'p',
    step: 0,
    direction: 'forward',
    action,
    target: before.target,
    executor: executor.name,
    parameters,
    fence: intents,
    before,
    expects: [],
  };
  const call = callOf({ number: 1, notAfterMs: Date.now() + 600_000 }, { revision: before.revision });
  return { intent, call };
}
