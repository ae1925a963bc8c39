// Systems that are asked what they know: what their lists refuse, and where their secrets come from.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { watchedMonitors } from '../../app/monitors.ts';
import { loadConfig, parseSettings } from '../../config/load.ts';
import { configWarnings } from '../../config/warnings.ts';

const one = (fields: string) =>
  `ingest: { prometheus: [{ name: main, url: "http://prometheus.test:9090", ${fields} }] }`;
const problems = (yaml: string): string => {
  const parsed = parseSettings(yaml, 'sentinel.yaml');
  return parsed.ok ? '' : JSON.stringify(parsed.problems);
};

test('with a name and a url there are rules, a pace and limits', () => {
  const parsed = parseSettings(one('presets: { nodeCpu: false, nodeDisk: { limit: 0.9 } }'), 'sentinel.yaml');
  expect(parsed).toMatchObject({
    settings: {
      ingest: {
        prometheus: [
          {
            everySeconds: 30,
            presets: {
              nodeCpu: false,
              nodeMemory: { limit: 0.6, forSeconds: 300, severity: 'warning' },
              nodeDisk: { limit: 0.9 },
              nodeNetwork: { limit: 200 },
              containerDown: { severity: 'critical' },
            },
          },
        ],
      },
    },
  });
});

test.each([
  ['a name twice', 'rules: []}, { name: main, url: "http://b.test"', 'used twice'],
  [
    'a limit above and below',
    'rules: [{ name: a, query: up, above: 1, below: 0 }]',
    'one of above, below and absent',
  ],
  ['a rule twice', 'rules: [{ name: a, query: up }, { name: a, query: up }]', 'used twice'],
  ['what would end a selector', `match: 'a="b"} or up{a="c"'`, 'expected matchers'],
  ['a preset that there is none of', 'presets: { nodeMem: false }', 'nodeMem'],
  ['a metadata service', 'everySeconds: 30}, { name: b, url: "http://169.254.169.254/"', 'metadata address'],
])('%s is refused', (_what, fields, message) => {
  expect(problems(one(fields))).toContain(message);
});

test.each([
  ['prometheus', 3],
  ['loki', 2],
  ['cloudwatch', 2],
])('what users copy from the page on %s is accepted', (page, count) => {
  const guide = readFileSync(new URL(`../../docs/${page}.md`, import.meta.url), 'utf8');
  const copied = [...guide.matchAll(/```yaml\n(# sentinel\.yaml\n[\s\S]*?)```/g)].map(
    ([, yaml = '']) => yaml,
  );
  expect(copied).toHaveLength(count);
  expect(copied.map(problems)).toEqual(copied.map(() => ''));
});

test.each([
  ['a key that there is none of', 'tennant: shop', 'tennant'],
  ['a selector without braces', 'selector: app="x"', 'expected a selector'],
  ['a selector with more behind it', `selector: '{app="x"} |= "y"'`, 'expected a selector'],
  ['lines that are no pipeline', 'lines: { query: error }', 'expected what follows a selector'],
  ['more lines than Loki gives', 'lines: { limit: 5000 }', '<=4000'],
  ['a rule without a query', 'rules: [{ name: a }]', 'query'],
])('of Loki, %s is refused', (_what, fields, message) => {
  expect(problems(one(fields).replace('prometheus', 'loki'))).toContain(message);
});

test.each([
  ['a region that is none', 'region: europe', 'expected the name of a region'],
  ['an account without its quotes', 'account: 123456789012', 'account'],
  ['a metric without a service', 'metrics: [{ name: a, namespace: b, metric: c }]', 'service'],
  [
    'a statistic that there is none of',
    'metrics: [{ name: a, namespace: b, metric: c, service: d, statistic: p950 }]',
    'percentile',
  ],
  [
    'half a minute',
    'metrics: [{ name: a, namespace: b, metric: c, service: d, periodSeconds: 90 }]',
    'multiple of 60',
  ],
  ['a key that there is none of', 'metric: []', 'metric'],
])('of CloudWatch, %s is refused', (_what, fields, message) => {
  const key = fields.split(':')[0];
  const usual = ['account: "123456789012"', 'region: eu-west-1'].filter((one) => !one.startsWith(`${key}:`));
  const given = `{ name: main, ${[...usual, fields].join(', ')} }`;
  expect(problems(`ingest: { cloudwatch: [${given}] }`)).toContain(message);
});

test('matchers may hold anything that is quoted', () => {
  expect(problems(one(`match: 'cluster="eu-1",env=~"prod.*|a\\"b"'`))).toBe('');
});

test('its secret is under its name, shows itself nowhere, and is told of where it crosses a network in clear text', async () => {
  const cwd = mkdtempSync('/tmp/sentinel-monitors-');
  writeFileSync(`${cwd}/sentinel.yaml`, one('environments: [prod, stage]'));
  const load = (env: Record<string, string>) => {
    const loaded = loadConfig({ cwd, env });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    return loaded.config;
  };
  const config = load({ SENTINEL_PROMETHEUS_MAIN: 'hush' });
  const without = load({});
  rmSync(cwd, { recursive: true });
  expect(config.monitorSecrets.SENTINEL_PROMETHEUS_MAIN?.reveal()).toBe('hush');
  expect(JSON.stringify(config)).not.toContain('hush');
  expect(configWarnings(config).map(({ path }) => path)).toContain('ingest.prometheus[0].url');
  expect(configWarnings(without).map(({ path }) => path)).not.toContain('ingest.prometheus[0].url');
  const watched = await watchedMonitors(config, () => 0);
  expect(watched).toMatchObject([{ name: 'prometheus/main', environments: ['prod', 'stage'] }]);
});
