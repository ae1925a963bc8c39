/** Owners that Sentinel has kept paused for long are told, once each, until somebody gives them back. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  askedEveryMs,
  createPausedOwners,
  firstAnswerMs,
  pausedForLong,
} from '../../../../adapters/kubernetes/watch/paused.ts';
import type { OwnerSync } from '../../../../domain/inventory/target.ts';
import type { TargetState } from '../../../../domain/remediation/target.ts';

const nowMs = Date.parse('2026-03-01T12:00:00Z');
const hourAgo = nowMs - 3_600_000;
const resumeWith = 'flux resume kustomization shop -n flux-system';

function kept(service: string, sync: Partial<OwnerSync> = {}): TargetState {
  const paused: OwnerSync = {
    ...{
      key: 'kubernetes/main/flux-system/kustomization/shop',
      name: 'Flux Kustomization shop in flux-system',
    },
    ...{ is: 'paused-by-sentinel', pausedAtMs: hourAgo, resumeWith, lifts: [] },
    ...sync,
  };
  const target = { environment: 'test', service, resource: `kubernetes/main/shop/deployment/${service}` };
  return {
    ...{ target, executor: 'main', supports: [], replicas: 1 },
    owner: { name: 'flux', detail: 'd', reverts: [], sync: paused },
  } as unknown as TargetState;
}

test('one owner is told once, however many workloads it keeps, from its limit on', () => {
  const states = [kept('orders'), kept('stock')];
  const found = { name: 'Flux Kustomization shop in flux-system', sinceMs: hourAgo, resumeWith };
  expect(pausedForLong(states, 60, nowMs)).toMatchObject([{ ...found, keeps: { service: 'orders' } }]);
  expect(pausedForLong(states, 60, nowMs - 1)).toEqual([]);
});

test('what runs, or people have paused, is not told; what was paused nobody knows when is', () => {
  expect(pausedForLong([kept('orders', { is: 'on' })], 60, nowMs)).toEqual([]);
  expect(pausedForLong([kept('orders', { is: 'paused-by-somebody-else' })], 60, nowMs)).toEqual([]);
  const { pausedAtMs: _, ...unknown } = kept('orders').owner?.sync ?? {};
  const state = { ...kept('orders'), owner: { name: 'flux', detail: 'd', reverts: [], sync: unknown } };
  expect(pausedForLong([state as TargetState], 60, nowMs)).toMatchObject([{ sinceMs: 0 }]);
});

const pauseOwners = { argoCd: [], flux: ['flux-system'], reconcileSeconds: 90, tellAfterMinutes: 60 };
const { signal } = new AbortController();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('an alert with the command fires until it is given back', async () => {
  let states = [kept('orders')];
  const observe = vi.fn(async () => states);
  const owners = createPausedOwners({ pauseOwners }, observe, () => nowMs);
  const alert = {
    ...{ kind: 'alert', status: 'firing', severity: 'warning', atMs: hourAgo },
    id: 'paused-owner/kubernetes/main/flux-system/kustomization/shop',
    scope: { environment: 'test', service: 'orders' },
    title: `Flux Kustomization shop in flux-system is still paused by Sentinel; put what should last into Git, then: ${resumeWith}`,
  };
  expect(await owners.alerts('test', signal)).toMatchObject([alert]);
  states = [kept('orders', { is: 'on' })];
  // Each answer costs several requests to the API server.
  expect(await owners.alerts('test', signal)).toMatchObject([alert]);
  expect(observe).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(askedEveryMs);
  expect(await owners.alerts('test', signal)).toEqual([]);
});

test('while it cannot be asked nothing is over, and that is told', async () => {
  let answer = async (): Promise<readonly TargetState[]> => [kept('orders')];
  const owners = createPausedOwners(
    { pauseOwners },
    () => answer(),
    () => nowMs,
  );
  expect(await owners.alerts('test', signal)).toHaveLength(1);
  answer = async () => {
    throw new Error('connection refused');
  };
  vi.advanceTimersByTime(askedEveryMs);
  expect(await owners.alerts('test', signal)).toHaveLength(1);
  expect(owners.problem()).toBe('cannot tell which owners are still paused: connection refused');
  answer = async () => [];
  vi.advanceTimersByTime(askedEveryMs);
  expect(await owners.alerts('test', signal)).toEqual([]);
  expect(owners.problem()).toBeNull();
});

test('after a start nothing is told before it could be asked once', async () => {
  const failing = async (): Promise<never> => {
    throw new Error('connection refused');
  };
  const owners = createPausedOwners({ pauseOwners }, failing, () => nowMs);
  await expect(owners.alerts('test', signal)).rejects.toThrow('connection refused');
  vi.advanceTimersByTime(firstAnswerMs - 1);
  await expect(owners.alerts('test', signal)).rejects.toThrow('connection refused');
  // Crash loops are not kept back for it any longer.
  vi.advanceTimersByTime(1);
  expect(await owners.alerts('test', signal)).toEqual([]);
  expect(owners.problem()).toBe('cannot tell which owners are still paused: connection refused');
});

test('where nothing may be paused nobody is asked', async () => {
  const observe = vi.fn(async () => [kept('orders')]);
  const owners = createPausedOwners({}, observe, () => nowMs);
  expect(await owners.alerts('test', signal)).toEqual([]);
  expect(observe).not.toHaveBeenCalled();
});
