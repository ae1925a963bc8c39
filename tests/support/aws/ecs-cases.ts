/** An ECS executor before the fake, with what its tests have in common. */

import type { Executor } from '../../../activities/ports/executor.ts';
import { createEcsExecutor } from '../../../adapters/aws/ecs/executor.ts';
import { neededRights } from '../../../adapters/aws/ecs/rights.ts';
import { type EcsSettings, settings as ecsSettings } from '../../../adapters/aws/ecs/settings.ts';
import { policyOf } from '../../../adapters/aws/rights.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import { account, base, type FakeAws, readRole, region, writeRole } from './fake-aws.ts';
import { intentFor as firstIntent } from './first-call.ts';

export { environment } from './first-call.ts';

export function settingsOf(url: string, more: object = {}): EcsSettings {
  const given = {
    account,
    region,
    readRole,
    writeRole,
    endpoints: { ecs: url, autoscaling: url, sts: url, iam: url },
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

export function intentFor(
  executor: Executor,
  action: Intent['action'],
  parameters: Intent['parameters'] = {},
  service = 'shop-orders',
) {
  return firstIntent(executor, action, parameters, service);
}

export const { signal } = new AbortController();
