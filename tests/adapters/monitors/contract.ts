/** What every system that is asked has to be to the rest of Sentinel, whatever it speaks: in front of a real one, through a gateway that breaks. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../../domain/doctor.ts';
import type { Observation } from '../../../domain/observation.ts';
import type { Readings } from '../../../ingest/watched.ts';
import { type Gateway, type GatewayFault, startGateway } from './gateway.ts';

export interface MonitorProcess {
  readonly readings: Readings;
  check(): Promise<Finding>;
  /** Its clock goes on until it asks again. */
  later?(): void;
}

export interface MonitorHarness {
  /** The real server. */
  readonly url: string;
  /** A process that asks at this address, about `prod`, with one alert and one series of samples. */
  start(url: string): MonitorProcess;
  /** Its one alert fires from now on, or does not. */
  fire(on: boolean): Promise<void>;
  /** One more sample of its series, with this value; resolves when it can be read. */
  sample(value: number): Promise<void>;
  /** The samples among what was read. */
  samplesIn(seen: readonly Observation[]): readonly number[];
  /** How it says that credentials are wrong, and that it is asked too often. */
  readonly refusals: Readonly<Record<'credentials' | 'throttled', GatewayFault>>;
  stop(): Promise<void>;
}

const long = () => AbortSignal.timeout(60_000);

/** `inOrder`: its samples are read in order, nothing is missed or told twice over a restart. Others tell what is so now. */
export function monitorContract(
  title: string,
  { inOrder }: { readonly inOrder: boolean },
  open: () => Promise<MonitorHarness>,
): void {
  describe(`${title} as a monitor`, () => {
    let harness: MonitorHarness;
    let gateway: Gateway;
    let value = 100;
    const nextValue = () => {
      value += 1;
      return value;
    };

    beforeAll(async () => {
      harness = await open();
      gateway = await startGateway(harness.url);
    });
    afterAll(async () => {
      await gateway?.close();
      await harness?.stop();
    });

    const start = () => harness.start(gateway.url);
    const ended = (readings: Readings, environment = 'prod') => readings.told?.(environment) ?? null;
    /** All that comes until this is among it. */
    async function until(
      { readings, later }: MonitorProcess,
      isThere: (seen: readonly Observation[]) => boolean,
    ) {
      const seen: Observation[] = [];
      await expect
        .poll(
          async () => {
            seen.push(...(await readings.read('prod', long())));
            ended(readings);
            const done = isThere(seen);
            if (!done) later?.();
            return done;
          },
          { interval: 200 },
        )
        .toBe(true);
      return seen;
    }
    const fires = (seen: readonly Observation[]) => seen.some(({ kind }) => kind === 'alert');
    const speaksOf = ({ alertsFrom }: Readings): readonly string[] =>
      typeof alertsFrom === 'function' ? alertsFrom() : alertsFrom === undefined ? [] : [alertsFrom];
    /** It says nothing, and nothing of what it said before is over by that. */
    async function saysNothing(readings: Readings): Promise<string> {
      const seen = await readings.read('prod', long()).catch((error: Error) => error);
      if (seen instanceof Error) return seen.message;
      const said = readings.problem?.() ?? '';
      expect(said).not.toBe('');
      for (const source of speaksOf(readings))
        expect(seen.filter((one) => one.kind === 'alert' && one.source === source)).not.toEqual([]);
      return said;
    }

    test('an alert fires as long as it does, and is the same to whoever asks', async () => {
      await harness.fire(true);
      const first = start();
      const alerts = (await until(first, fires)).filter((one) => one.kind === 'alert');
      expect(alerts[0]?.scope.environment).toBe('prod');
      expect(speaksOf(first.readings)).toContain(alerts[0]?.source);
      const again = (await until(start(), fires)).find((one) => one.kind === 'alert');
      expect(again).toMatchObject({ id: alerts[0]?.id, source: alerts[0]?.source, title: alerts[0]?.title });
      await harness.fire(false);
      const quiet = start().readings;
      await expect
        .poll(async () => fires(await start().readings.read('prod', long())), { interval: 200 })
        .toBe(false);
      await quiet.read('prod', long());
      expect(speaksOf(quiet)).toContain(alerts[0]?.source);
    });

    test.each<[string, GatewayFault, RegExp]>([
      ['nobody is there', 'reset', /cannot be reached|ECONNRESET|socket hang up|reach/i],
      ['nobody answers in time', 'silent', /within|no answer|in time/],
      ['half an answer comes', 'half', /./],
      [
        'a gateway answers instead',
        { status: 502, body: '<html>bad gateway</html>', type: 'text/html' },
        /502/,
      ],
    ])('while %s nothing begins and nothing is over, and it is told', async (_what, fault, words) => {
      await harness.fire(true);
      const { check } = start();
      gateway.fault = fault;
      const told = await saysNothing(start().readings);
      const finding = await check();
      gateway.fault = null;
      expect(told).toMatch(words);
      expect(finding.status).toBe('warning');
      expect(fires(await until(start(), fires))).toBe(true);
      expect(await check()).toMatchObject({ status: 'ok' });
    });

    test('wrong credentials are named, by doctor too', async () => {
      const { readings, check } = start();
      gateway.fault = harness.refusals.credentials;
      const told = await saysNothing(readings);
      const finding = await check();
      gateway.fault = null;
      expect(told).toMatch(/credentials|permission|right/i);
      expect(`${finding.status} ${finding.detail}`).toMatch(/^warning .*(credentials|permission|right)/i);
    });

    test('where it is asked too often it says so, and is asked on', async () => {
      await harness.fire(true);
      gateway.fault = harness.refusals.throttled;
      const told = await saysNothing(start().readings);
      gateway.fault = null;
      expect(told).toMatch(/too (much|often)|throttl/i);
      expect(fires(await until(start(), fires))).toBe(true);
    });

    test('an answer without an end is given up, at a bound', async () => {
      gateway.fault = 'endless';
      const told = await saysNothing(start().readings);
      gateway.fault = null;
      expect(told).not.toBe('');
      expect(gateway.sent).toBeLessThan(64 * 1024 * 1024);
    });

    test('by whatever clock it answers, nothing happens later than now, and what fires is found', async () => {
      await harness.fire(true);
      for (const aheadMs of [6 * 3_600_000, -6 * 3_600_000]) {
        gateway.fault = { aheadMs };
        const seen = await until(start(), fires);
        const alert = seen.find((one) => one.kind === 'alert');
        expect(alert?.atMs).toBeGreaterThan(Date.now() - 3_600_000);
        expect(alert?.atMs).toBeLessThanOrEqual(Date.now() + 1_000);
      }
      gateway.fault = null;
    });

    test('a sample is told once, however often it is asked for', async () => {
      const process = start();
      const { readings } = process;
      await readings.read('prod', long());
      ended(readings);
      process.later?.();
      const wanted = nextValue();
      await harness.sample(wanted);
      const seen = await until(process, (all) => harness.samplesIn(all).includes(wanted));
      for (const _ of Array(3)) {
        seen.push(...(await readings.read('prod', long())));
        ended(readings);
      }
      expect(harness.samplesIn(seen).filter((one) => one === wanted)).toEqual([wanted]);
    });

    if (!inOrder) {
      test('what is so now is read: there is nothing that a process after this one could go on with', () => {
        expect(start().readings.resume).toBeUndefined();
      });
      return;
    }

    test('a process after this one goes on where it ended: nothing missed, nothing twice, also what could not be stored', async () => {
      const { readings: first, later } = start();
      await first.read('prod', long());
      let position = ended(first);
      later?.();
      const values = [nextValue(), nextValue(), nextValue()] as const;
      await harness.sample(values[0]);
      const seen: Observation[] = [];
      await expect
        .poll(async () => {
          const found = await first.read('prod', long());
          position = ended(first) ?? position;
          later?.();
          seen.push(...found);
          return harness.samplesIn(seen).includes(values[0]);
        })
        .toBe(true);
      // Read, and never told: the process died in between.
      await harness.sample(values[1]);
      await expect
        .poll(async () => harness.samplesIn(await first.read('prod', long())).includes(values[1]))
        .toBe(true);
      await harness.sample(values[2]);
      const second = start();
      if (position === null) throw new Error('no position');
      second.readings.resume?.('prod', position);
      seen.push(...(await until(second, (all) => harness.samplesIn(all).includes(values[2]))));
      expect(harness.samplesIn(seen).filter((one) => values.includes(one))).toEqual([...values]);
    });
  });
}
