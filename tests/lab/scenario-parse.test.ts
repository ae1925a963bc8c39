import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseScenario, ScenarioError } from '../../lab/scenario/parse.ts';
import { type FaultKind, faultKinds } from '../../lab/supervisor/fault-kinds.ts';
import { serviceNames } from '../../lab/topology.ts';

const good = `name: payments-bad-release
about: a new release of payments answers 40 % of requests with an error
load: { requestsPerSecond: 20 }
warmUp: 30s
faults:
  - { at: 0s, service: payments, kind: bad-release, with: { errorRate: 0.4 } }
truth:
  service: payments            # the root cause, not the loudest symptom
  cause: bad-release
  fixedBy: [rollback-release]  # any of these; [] when the right thing is to do nothing
deadline: 120s
`;

function refusal(text: string): string {
  try {
    parseScenario(text, 's.yaml');
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('a scenario file', () => {
  it('is read into milliseconds, with the defaults of its faults', () => {
    expect(parseScenario(good, 's.yaml')).toEqual({
      file: 's.yaml',
      name: 'payments-bad-release',
      about: 'a new release of payments answers 40 % of requests with an error',
      load: { requestsPerSecond: 20 },
      warmUpMs: 30_000,
      faults: [
        {
          atMs: 0,
          service: 'payments',
          kind: 'bad-release',
          with: { errorRate: 0.4, latencyMs: 0, memoryMbPerSecond: 0 },
        },
      ],
      truth: { service: 'payments', cause: 'bad-release', fixedBy: ['rollback-release'] },
      deadlineMs: 120_000,
    });
  });

  it('needs only a name, a fault and the truth', () => {
    const small =
      'name: a\nfaults: [{ service: worker, kind: hang }]\ntruth: { service: worker, cause: hang, fixedBy: [] }\n';
    const { load, warmUpMs, deadlineMs, faults } = parseScenario(small, 's.yaml');
    expect({ load, warmUpMs, deadlineMs, at: faults[0]?.atMs }).toEqual({
      load: { requestsPerSecond: 20 },
      warmUpMs: 30_000,
      deadlineMs: 120_000,
      at: 0,
    });
  });

  it.each([
    [
      'an unknown key',
      ['deadline:', 'deadlnie:'],
      's.yaml:11: unknown key "deadlnie", did you mean "deadline"?',
    ],
    [
      'a misspelt service',
      ['service: payments, ', 'service: paymnets, '],
      's.yaml:6: "paymnets" is not a valid value, did you mean "payments"?',
    ],
    [
      'an unknown fault kind',
      ['kind: bad-release', 'kind: bad-relase'],
      's.yaml:6: "bad-relase" is not a valid value, did you mean "bad-release"?',
    ],
    [
      'an unknown cause',
      ['cause: bad-release', 'cause: gremlins'],
      's.yaml:9: "gremlins" is not a valid value',
    ],
    [
      'an unknown action',
      ['[rollback-release]', '[rolback-release]'],
      's.yaml:10: "rolback-release" is not a valid value, did you mean "rollback-release"?',
    ],
    [
      'an unknown fault parameter',
      ['errorRate', 'errorrate'],
      's.yaml:6: unknown key "errorrate", did you mean "errorRate"?; bad-release takes errorRate',
    ],
    ['a parameter out of bounds', ['0.4 }', '1.4 }'], 's.yaml:6: "errorRate": Too big'],
    [
      'no duration',
      ['warmUp: 30s', 'warmUp: soon'],
      's.yaml:4: "soon" is not a duration: write for example 30s, 500ms or 2m',
    ],
    ['a number for a duration', ['warmUp: 30s', 'warmUp: 30'], 's.yaml:4: "warmUp" must be text, not number'],
    ['a fault after the deadline', ['at: 0s', 'at: 3m'], 's.yaml:6: the fault comes after the deadline'],
    ['a missing truth', ['  cause: bad-release\n', ''], 's.yaml:8: "cause" is missing'],
    [
      'a list in place of a text',
      ['about: a new', 'about: [a] #'],
      's.yaml:2: "about" must be text, not a list',
    ],
    ['a bad name', ['name: payments-bad-release', 'name: Payments!'], 's.yaml:1: "name"'],
    [
      'a surge onto a service without requests',
      ['payments, kind: bad-release, with: { errorRate: 0.4 }', 'worker, kind: traffic-surge'],
      's.yaml:6: worker takes no requests',
    ],
    [
      'a key given twice',
      ['deadline: 120s', 'warmUp: 10s'],
      's.yaml:11: not valid YAML: Map keys must be unique',
    ],
    ['broken YAML', ['fixedBy: [rollback-release]', 'fixedBy: [rollback-release'], 'not valid YAML'],
  ])('is refused for %s, with line and reason', (_, [from, to], reason) => {
    expect(refusal(good.replace(from ?? '', to ?? ''))).toContain(reason);
  });

  it('tells all its problems at once, in the order of the lines', () => {
    const text = good.replace('30s', 'soon').replace('120s', 'late').replace('20 }', '-1 }');
    const lines = refusal(text)
      .split('\n')
      .map((line) => line.split(':')[1]);
    expect(lines).toEqual(['3', '4', '11']);
  });

  it.each(['', '- a', '42', 'null', '&a [*a]'])('is refused when it is no mapping: %j', (text) => {
    expect(refusal(text)).toMatch(/^s\.yaml:1: /);
  });

  it('never throws anything but a ScenarioError, whatever stands in it', () => {
    const junk = fc.oneof(
      fc.string(),
      fc.json(),
      fc.string().map((s) => good.replace('payments', s)),
    );
    fc.assert(
      fc.property(junk, (text) => {
        expect(refusal(text)).not.toBe('');
      }),
    );
  });

  it('takes every fault kind with its defaults on every service that can have it', () => {
    const pair = fc.tuple(fc.constantFrom<FaultKind>(...faultKinds), fc.constantFrom(...serviceNames));
    fc.assert(
      fc.property(pair, fc.nat(119), ([kind, service], seconds) => {
        fc.pre(!(kind === 'traffic-surge' && service === 'worker'));
        const text = JSON.stringify({
          name: 'a',
          faults: [{ at: `${seconds}s`, service, kind }],
          truth: { service, cause: kind, fixedBy: [] },
        });
        const [fault] = parseScenario(text, 's.yaml').faults;
        expect(fault).toMatchObject({ atMs: seconds * 1000, service, kind });
      }),
    );
  });
});
