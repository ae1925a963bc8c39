import { expect, it } from 'vitest';
import { ec2Bench } from '../../../support/aws/ec2-bench.ts';
import { executorOf, intentFor, settingsOf } from '../../../support/aws/ec2-cases.ts';
import { ec2Region as region } from '../../../support/aws/ec2-instances.ts';
import { describeWith } from '../../../support/component.ts';
import type { MotoInfo } from '../../../support/components/moto.ts';

await describeWith<MotoInfo>('moto', 'Nothing is sent to EC2', (moto) => {
  const use = ec2Bench(moto);

  const sent = () => use().proxy.calls.filter(({ action }) => /^(Reboot|Stop|Start)Instances$/.test(action));

  it.each(['an id', 'a tag', 'both'])('about an instance beside the one that %s names', async (by) => {
    const [mine, other] = [await use().run(), await use().run()];
    const named = {
      ...(by === 'a tag' ? {} : { ids: [mine.id] }),
      ...(by === 'an id' ? {} : { tags: { team: mine.team } }),
    };
    const executor = executorOf(settingsOf(use().proxy.url, named));
    const { intent, call } = await intentFor(executor, 'restart');
    expect(intent.target.resource).toBe(`ec2/${region}/${mine.id}`);
    const target = { ...intent.target, resource: `ec2/${region}/${other.id}` };
    const code = 'unknown-target';
    expect(await executor.begin({ ...intent, target }, call)).toMatchObject({ kind: 'refused', code });
    expect(await executor.preview({ ...intent, target })).toMatchObject({ ok: false, code });
    expect(sent()).toEqual([]);
    // The one that is named is acted on.
    expect(await executor.begin(intent, call)).toMatchObject({ kind: 'accepted' });
    expect(sent().map(({ input }) => input['InstanceId.1'])).toEqual([mine.id]);
  });

  it('by a call that is given up when only the call itself is left', async () => {
    const { id } = await use().run();
    const settings = settingsOf(use().proxy.url, { ids: [id] });
    const { intent, call } = await intentFor(executorOf(settings), 'restart');
    const given = new AbortController();
    // The clock is looked at right before.
    const executor = executorOf(settings, () => {
      given.abort();
      return Date.now();
    });
    const answer = await executor.begin(intent, { ...call, signal: given.signal });
    expect(answer).toMatchObject({ kind: 'refused', code: 'too-late' });
    expect(sent()).toEqual([]);
  });
});
