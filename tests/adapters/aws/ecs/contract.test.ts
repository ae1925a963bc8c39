import type { ActionParameters } from '../../../../domain/remediation/actions/action.ts';
import type { ActionId } from '../../../../domain/remediation/actions/index.ts';
import type { TargetState } from '../../../../domain/remediation/target.ts';
import { environment, executorOf, grant, settingsOf } from '../../../support/aws/ecs-cases.ts';
import { type AwsFault, startFakeAws } from '../../../support/aws/fake-aws.ts';
import { type ExecutorHarness, executorContract } from '../../executors/contract.ts';

type Step = { readonly action: ActionId; readonly parameters: ActionParameters };

const target = { environment, service: 'shop-orders', resource: 'ecs/main/orders' };

async function ecsHarness(
  step: (state: TargetState) => Step,
  drifted: (state: { desiredCount: number }) => object,
): Promise<ExecutorHarness> {
  const aws = await startFakeAws();
  const settings = settingsOf(aws.url);
  grant(aws, settings);
  aws.ecs.add('orders');
  aws.ecs.movesByItself = true;
  const fail = (fault: AwsFault) => async () => aws.fail('ecs:UpdateService', fault);
  return {
    executor() {
      const executor = executorOf(settings);
      // The fake shows everything at once: nothing has to be waited out.
      return { ...executor, promise: (of) => ({ ...executor.promise(of), consistencyDelayMs: 0 }) };
    },
    target: async () => target,
    nobody: { environment, service: 'nobody', resource: 'ecs/main/nobody' },
    step,
    effects: async ({ id }) =>
      aws.calls.filter(
        ({ action, session, done }) => action === 'ecs:UpdateService' && session === id && done,
      ).length,
    async drift() {
      aws.ecs.answer('UpdateService', { service: 'orders', ...drifted(aws.ecs.service('orders')) });
      aws.ecs.settle('orders');
    },
    faults: {
      lose: (when) => fail(when === 'before' ? 'reset' : 'broken')(),
      deny: fail({ status: 400, type: 'AccessDeniedException' }),
      throttle: fail({ status: 400, type: 'ThrottlingException' }),
      heal: async () => aws.heal(),
    },
    close: () => aws.close(),
  };
}

executorContract('the count of an ECS service', () =>
  ecsHarness(
    ({ desiredReplicas }) => ({ action: 'scale', parameters: { replicas: desiredReplicas + 1 } }),
    ({ desiredCount }) => ({ desiredCount: desiredCount + 3 }),
  ),
);

executorContract('the release of an ECS service', () =>
  ecsHarness(
    ({ previousRelease }) => ({ action: 'rollback-release', parameters: { to: previousRelease ?? '' } }),
    () => ({ taskDefinition: 'orders:3' }),
  ),
);
