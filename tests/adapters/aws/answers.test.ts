/** How long an answer of AWS is waited for, whatever the SDK does. */
import { expect, test } from 'vitest';
import { AwsError, NoAnswer, readingsWithin, refusalOf, within } from '../../../adapters/aws/answers.ts';

/** As the SDK waits for credentials, or for the rest of an answer: it hears of no signal. */
const never = () => new Promise<never>(() => {});

test('nothing is waited for longer than it may take, and nothing that nobody waits for', async () => {
  await expect(within(20, undefined, never)).rejects.toThrow(new NoAnswer('no answer within 20 ms'));
  const given = new AbortController();
  const waiting = within(600_000, given.signal, never);
  given.abort();
  await expect(waiting).rejects.toThrow(new NoAnswer('given up before there was an answer'));
  let sent = 0;
  const late = within(600_000, given.signal, async () => {
    sent += 1;
  });
  await expect(late).rejects.toThrow(NoAnswer);
  expect(sent, 'given up before it was sent').toBe(0);
});

test('a reading that does not come about has done nothing; of a call that does not, nobody can tell', async () => {
  const asked: string[] = [];
  const ask = readingsWithin(20, () => asked.push('asked'));
  const reading = ask('describing services', undefined, never);
  await expect(reading).rejects.toThrow('describing services: no answer within 20 ms');
  await expect(reading).rejects.toMatchObject({ code: 'unreachable' });
  await expect(reading).rejects.toBeInstanceOf(AwsError);
  expect(asked).toEqual(['asked']);
  expect(refusalOf('restart', new NoAnswer('no answer within 20 ms'))).toBeNull();
});
