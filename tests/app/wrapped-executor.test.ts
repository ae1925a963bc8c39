/** What wraps an executor says something of every member of the port. */
import { expect, it } from 'vitest';
import { createMockExecutor } from '../../adapters/mock/executor.ts';
import { dryRunOf } from '../../app/dry-run.ts';
import { type Members, wrapped } from '../../app/wrapped-executor.ts';

const executor = createMockExecutor({ name: 'mock', services: [], nowMs: () => 0 });
const kept: Members = {
  ...{ name: 'kept', dryRun: 'kept', promise: 'kept', observe: 'kept', preview: 'kept', begin: 'kept' },
  ...{ poll: 'kept', advance: 'kept', cancel: 'kept', resume: 'kept', lookUp: 'kept', close: 'kept' },
};

it('keeps what is kept, and has nothing that the executor does not have', async () => {
  const { close: _, ...without } = executor;
  const names = Object.keys(wrapped(without, kept)).toSorted();
  expect(names).toEqual([
    'begin',
    'cancel',
    'lookUp',
    'name',
    'observe',
    'poll',
    'preview',
    'promise',
    'resume',
  ]);
  expect(Object.keys(wrapped(executor, { ...kept, cancel: 'left-out' }))).not.toContain('cancel');
  expect(wrapped(executor, { ...kept, name: { by: 'other' } }).name).toBe('other');
});

it('does not compile when a member is forgotten, or one is left out that every executor has', () => {
  const { resume: _, ...forgotten } = kept;
  // @ts-expect-error: `resume` is not spoken of
  const members: Members = forgotten;
  // @ts-expect-error: no executor is without `begin`
  const without: Members = { ...kept, begin: 'left-out' };
  expect([members.resume, without.begin]).toEqual([undefined, 'left-out']);
});

it('in a dry run finds what was sent before, and changes nothing: nothing begins, goes on or is cancelled', () => {
  const dry = dryRunOf({ ...executor, advance: async () => ({ kind: 'unknown', reason: 'never asked' }) });
  expect([dry.dryRun, dry.cancel, dry.advance]).toEqual([true, undefined, undefined]);
  expect([typeof dry.resume, typeof dry.close, typeof dry.poll]).toEqual([
    'function',
    'function',
    'function',
  ]);
});
