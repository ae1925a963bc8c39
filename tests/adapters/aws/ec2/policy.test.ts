/**
 * The printed policies as a whole, of EC2: with nothing but them every action goes from its dry run to its end, and what is granted
 * to one effect is that effect. Against moto, behind a proxy that judges.
 */
import { StopInstancesCommand } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { checkEc2 } from '../../../../adapters/aws/ec2/doctor.ts';
import { createEc2Readings } from '../../../../adapters/aws/ec2/readings.ts';
import { neededRights } from '../../../../adapters/aws/ec2/rights.ts';
import { formatsOf } from '../../../../adapters/aws/permissions.ts';
import type { Policy } from '../../../../adapters/aws/rights.ts';
import { ec2Bench } from '../../../support/aws/ec2-bench.ts';
import { account, environment, executorOf, intentFor, settingsOf } from '../../../support/aws/ec2-cases.ts';
import { ec2Credentials as base, ec2Region as region } from '../../../support/aws/ec2-instances.ts';
import { allowedBy } from '../../../support/aws/policies.ts';
import { describeWith } from '../../../support/component.ts';
import type { MotoInfo } from '../../../support/components/moto.ts';

const { signal } = new AbortController();
const readRole = `arn:aws:iam::${account}:role/sentinel-read`;
const effects = ['RebootInstances', 'StopInstances', 'StartInstances'];
const arnOf = (id: string) => `arn:aws:ec2:${region}:${account}:instance/${id}`;
/** What effects, of EC2 and of others, might be asked for. */
const questions = (id: string) => ({
  actions: [...effects, 'TerminateInstances', 'RunInstances', 'ModifyInstanceAttribute']
    .map((name) => `ec2:${name}`)
    .concat('ecs:UpdateService', 'iam:PassRole'),
  resources: [arnOf(id), arnOf('i-0fffffffffffffff0'), arnOf(id).replace(region, 'us-east-1'), '*'],
});

await describeWith<MotoInfo>('moto', 'The printed policies of EC2', (moto) => {
  const use = ec2Bench(moto);

  /** An instance with a tag, an executor for it by id and tag, and roles that have what is printed. */
  async function printedFor(actions: readonly string[]) {
    const { id, team } = await use().run();
    const settings = settingsOf(use().proxy.url, { ids: [id], tags: { team } }, { actions, readRole });
    const printed: { read: Policy; write: Policy } = JSON.parse(formatsOf(neededRights).iam(settings));
    const tags: Record<string, string> = { team };
    use().proxy.judge = { policies: printed, account, tagsOf: (of) => (of === id ? tags : {}) };
    return { id, team, settings, printed };
  }
  const sent = () => use().proxy.calls.filter(({ action }) => effects.includes(action));

  it.each([
    ['restart', 'RebootInstances'],
    ['stop', 'StopInstances'],
    ['start', 'StartInstances'],
  ] as const)(
    '%s goes from its dry run to its end, in sessions that may do only this',
    async (verb, operation) => {
      const { id, settings } = await printedFor([verb]);
      if (verb === 'start') await use().client.send(new StopInstancesCommand({ InstanceIds: [id] }));
      const executor = executorOf(settings);
      const { intent, call } = await intentFor(executor, verb);
      expect(await executor.preview(intent)).toMatchObject({ ok: true });
      const begun = await executor.begin(intent, call);
      if (begun.kind !== 'accepted') throw new Error(JSON.stringify(begun));
      const later = executorOf(settings, () => Date.now() + 600_000);
      expect(await later.poll(intent, begun.handle, signal)).toMatchObject({ kind: 'done' });
      await executor.lookUp(intent);
      await executor.resume?.(intent, signal);
      const surroundings = { nowMs: Date.now, serviceOf: () => 'orders' };
      await createEc2Readings(settings, surroundings, base).read(environment, signal);
      expect((await checkEc2(settings, base)).detail).not.toContain('missing rights');

      expect(
        use()
          .proxy.calls.filter(({ denied }) => denied)
          .map(({ action }) => action),
      ).toEqual([]);
      // The dry run, the effect, and doctor's dry run.
      expect(sent().map(({ action, input, session }) => [action, input.DryRun, session])).toEqual([
        [operation, 'true', 'sentinel-preview'],
        [operation, 'false', intent.id],
        [operation, 'true', 'sentinel-doctor'],
      ]);
      const right = [[`ec2:${operation}`, arnOf(id)]];
      const at = (ms: number) => ({ 'aws:CurrentTime': new Date(ms).toISOString() });
      for (const { session } of sent()) {
        const [assumed, ...more] = use().proxy.calls.filter(
          ({ action, input }) =>
            action === 'AssumeRole' && input.RoleSessionName === session && input.Policy !== undefined,
        );
        expect(more).toEqual([]);
        const policy = JSON.parse(assumed?.input.Policy ?? '');
        expect(allowedBy(policy, questions(id), at(call.notAfterMs))).toEqual(right);
        const after = allowedBy(policy, questions(id), at(call.notAfterMs + 2_001));
        expect(after).toEqual(session === intent.id ? [] : right);
      }
    },
  );

  it('what is printed for effects is these actions, on these instances while they have the tags', async () => {
    const { id, team, printed } = await printedFor(['restart', 'start']);
    const tagged = { 'aws:ResourceTag/team': team };
    expect(allowedBy(printed.write, questions(id), tagged)).toEqual([
      ['ec2:RebootInstances', arnOf(id)],
      ['ec2:StartInstances', arnOf(id)],
    ]);
    expect(allowedBy(printed.write, questions(id), {})).toEqual([]);
    expect(allowedBy(printed.read, questions(id), { ...tagged, 'aws:RequestedRegion': region })).toEqual([]);
  });

  it.each(['restart', 'stop', 'start'])(
    'without what is printed for effects nothing comes about: %s',
    async (verb) => {
      const { id, settings, printed } = await printedFor(['restart', 'stop', 'start']);
      if (verb === 'start') await use().client.send(new StopInstancesCommand({ InstanceIds: [id] }));
      const executor = executorOf(settings);
      const { intent, call } = await intentFor(executor, verb as 'restart' | 'stop' | 'start');
      const write: Policy = { ...printed.write, Statement: [] };
      const { proxy } = use();
      if (proxy.judge !== null) proxy.judge = { ...proxy.judge, policies: { ...printed, write } };
      expect(await executor.preview(intent)).toMatchObject({ ok: false, code: 'permission-denied' });
      expect(await executor.begin(intent, call)).toMatchObject({
        kind: 'refused',
        code: 'permission-denied',
      });
      expect(sent().map(({ denied, passed }) => [denied, passed])).toEqual([
        [true, false],
        [true, false],
      ]);
    },
  );
});
