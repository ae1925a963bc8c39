/** An ECS service of the fake that judges every request by the policies of its session, and that counts what it carried out. */
import type { ActionParameters } from '../../../../domain/remediation/actions/action.ts';
import type { ActionId } from '../../../../domain/remediation/actions/index.ts';
import type { TargetState } from '../../../../domain/remediation/target.ts';
import { environment, executorOf, grant, settingsOf } from '../../../support/aws/ecs-cases.ts';
import { type AwsFault, startFakeAws } from '../../../support/aws/fake-aws.ts';
import { createClock } from '../../executors/matrix/clock.ts';
import type { MatrixHarness } from '../../executors/matrix/harness.ts';
import { processesInTurn } from '../processes.ts';

type Step = { readonly action: ActionId; readonly parameters: ActionParameters };

const target = { environment, service: 'shop-orders', resource: 'ecs/main/orders' };
const isChange = /^ecs:(UpdateService|StopTask)$/;

export const oneMore = ({ desiredReplicas }: TargetState): Step => ({
  action: 'scale',
  parameters: { replicas: desiredReplicas + 1 },
});
export const releaseBefore = ({ previousRelease }: TargetState): Step => ({
  action: 'rollback-release',
  parameters: { to: previousRelease ?? '' },
});

export async function ecsHarness(
  step: (state: TargetState) => Step,
  clock = createClock(),
): Promise<MatrixHarness> {
  const aws = await startFakeAws();
  aws.nowMs = clock.nowMs;
  const settings = settingsOf(aws.url);
  grant(aws, settings);
  aws.ecs.add('orders');
  aws.ecs.movesByItself = true;
  const executor = processesInTurn(8, (aheadMs) => executorOf(settings, () => clock.nowMs() + aheadMs));
  const fail = (fault: AwsFault) => async () => {
    for (const action of ['ecs:UpdateService', 'ecs:StopTask']) aws.fail(action, fault);
  };
  return {
    clock,
    executor,
    async target() {
      const { desiredCount, deployments } = aws.ecs.service('orders');
      if (desiredCount !== 2 || deployments[0]?.taskDefinition.endsWith('orders:2') !== true)
        aws.ecs.add('orders');
      aws.ecs.settle('orders');
      aws.calls.length = 0;
      return target;
    },
    nobody: { environment, service: 'nobody', resource: 'ecs/main/nobody' },
    step,
    effects: async ({ id }) =>
      aws.calls.filter(({ action, session, done }) => isChange.test(action) && session === id && done).length,
    async empty() {
      aws.ecs.answer('UpdateService', { service: 'orders', desiredCount: 0 });
      aws.ecs.settle('orders');
      return {
        ...{ target, action: 'restart', parameters: {} },
        things: async () => structuredClone([aws.ecs.service('orders'), ...aws.ecs.tasks.keys()]),
        async restore() {
          aws.ecs.add('orders');
        },
      };
    },
    async drift() {
      const { desiredCount } = aws.ecs.service('orders');
      const other = { desiredCount: desiredCount + 3, taskDefinition: 'orders:3' };
      aws.ecs.answer('UpdateService', { service: 'orders', ...other });
      aws.ecs.settle('orders');
    },
    faults: {
      lose: (when) => fail(when === 'before' ? 'reset' : 'broken')(),
      deny: fail({ status: 400, type: 'AccessDeniedException' }),
      throttle: fail({ status: 400, type: 'ThrottlingException' }),
      away: async () => aws.away(),
      // The session of an effect ends with the time it may be sent in: AWS refuses what comes later.
      async hold() {
        await fail('held')();
        return { within: 'ever', arrive: async () => aws.release() };
      },
      lag: async () => aws.lag(),
      heal: async () => aws.heal(),
    },
    close: () => aws.close(),
  };
}
