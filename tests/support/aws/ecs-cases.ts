/** An ECS executor before the fake, with what its tests have in common. */

import type { Executor } from '../../../activities/ports/executor.ts';
import { createEcsExecutor } from '../../../adapters/aws/ecs/executor.ts';
import { neededRights } from '../../../adapters/aws/ecs/rights.ts';
import { type EcsSettings, settings as ecsSettings } from '../../../adapters/aws/ecs/settings.ts';
import { policyOf } from '../../../adapters/aws/rights.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import { callOf } from '../calls.ts';
import { account, base, type FakeAws, readRole, region, writeRole } from './fake-aws.ts';

export const environment = 'production';

export function settingsOf(url: string, more: object = {}): EcsSettings {
  const given = {
    account,
    region,
    readRole,
    writeRole,
    endpoints: { ecs: url, sts: url, iam: url },
    cluster: 'main',
    services: [{ name: 'orders', serves: 'shop-orders' }],
    // Long enough for a busy machine; tests of lost answers make it short.
    timeoutSeconds: 60,
    ...more,
  };
  return { name: 'shop', ...ecsSettings.parse(given) };
}

/** Its roles have exactly the rights that are printed for it. */
export function grant(fake: FakeAws, settings: EcsSettings): void {
  const rights = neededRights(settings);
  fake.policies.read = policyOf(rights.filter(({ identity }) => identity === 'read'));
  fake.policies.write = policyOf(rights.filter(({ identity }) => identity === 'write'));
}

export function executorOf(settings: EcsSettings, nowMs: () => number = Date.now): Executor {
  return createEcsExecutor(settings, { nowMs }, base);
}

let intents = 0;

/** An intent for the first target that serves this, as the gate would write it now, and its first call. */
export async function intentFor(
  executor: Executor,
  action: Intent['action'],
  parameters: Intent['parameters'] = {},
  service = 'shop-orders',
) {
  intents += 1;
  const [before] = await executor.observe(environment, service);
  if (before === undefined) throw new Error('the target is not there');
  const intent: Intent = {
    id: `intent-${String(intents).padStart(40, '0')}`,
    incidentId: 'incident/production/orders/abc/1',
    planHash: 'p' as Intent['planHash'],
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

export const { signal } = new AbortController();
