/**
 * How alerts of labelled attacks are grouped, and how fast, beside what comes from one host without five minutes of silence.
 *
 *   npm run bench -- alert-groups --data FOLDER     NAME_alerts.txt with time, name, host and time_label, or a zip archive of them
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { placedInOrder } from '../app/backtest/alert-groups.ts';
import { alertsOf } from '../app/backtest/alert-rows.ts';
import { recordsOf } from '../app/backtest/tables.ts';
import { type GroupedAlert, Grouping } from '../domain/correlation/grouping/grouping.ts';
import { groupingScore } from './support/grouping-score.ts';
import { dataFolder } from './support/labelled-series.ts';
import { filesOfZip } from './support/zip.ts';

const isAlerts = (name: string) => /_alerts\.(?:txt|csv)$/.test(name);
const folder = dataFolder('labelled alerts');
const unpacked = mkdtempSync(join(tmpdir(), 'alert-groups-'));
const files = filesIn(folder);

type Run = { readonly alerts: readonly GroupedAlert[]; readonly phases: readonly (string | null)[] };
const runs: Run[] = [];
for (const file of files)
  runs.push({ alerts: await alertsOf(file, { time: null, value: null }), phases: await phasesOf(file) });
rmSync(unpacked, { recursive: true });

function filesIn(where: string): readonly string[] {
  const names = readdirSync(where, { recursive: true, encoding: 'utf8' });
  const plain = names.filter(isAlerts).map((name) => join(where, name));
  if (plain.length > 0) return plain.toSorted();
  const archived = names
    .filter((name) => name.endsWith('.zip'))
    .flatMap((name) => filesOfZip(join(where, name)));
  return archived
    .filter(({ name }) => isAlerts(name))
    .map(({ name, content }) => {
      const file = join(unpacked, basename(name));
      writeFileSync(file, content);
      return file;
    });
}

async function phasesOf(file: string): Promise<readonly (string | null)[]> {
  const phases: (string | null)[] = [];
  for await (const row of recordsOf<Readonly<Record<string, string>>>(file, { columns: true }))
    phases.push(row.time_label === 'false_positive' ? null : (row.time_label ?? null));
  return phases;
}

/** An alert belongs with the one before it on its host, unless five minutes lie between them. */
function perHost(alerts: readonly GroupedAlert[]): readonly string[] {
  const groups: string[] = new Array(alerts.length);
  const hosts = new Map<string, { lastMs: number; group: string }>();
  const order = alerts.map((alert, index) => ({ ...alert, index })).toSorted((a, b) => a.atMs - b.atMs);
  for (const { common, atMs, index } of order) {
    const host = common.node ?? '';
    const before = hosts.get(host);
    const group = before !== undefined && atMs - before.lastMs <= 300_000 ? before.group : `${host} ${index}`;
    hosts.set(host, { lastMs: atMs, group });
    groups[index] = group;
  }
  return groups;
}

function scored(groupsOf: (alerts: readonly GroupedAlert[]) => readonly string[]) {
  const started = performance.now();
  const groups = runs.map(({ alerts }) => groupsOf(alerts));
  const seconds = (performance.now() - started) / 1_000;
  const grouped = runs.map(({ phases }, run) =>
    phases.map((phase, at) => ({ phase, group: groups[run]?.[at] ?? '' })),
  );
  return { seconds, ...groupingScore(grouped) };
}

const sentinel = scored((alerts) => placedInOrder(alerts, new Grouping()).map(({ group }) => group));
const reference = scored(perHost);
const count = runs.reduce((sum, { alerts }) => sum + alerts.length, 0);
const told = ({ reduction, groupsPerPhase, vMeasure }: typeof sentinel) => ({
  reductionPercent: Number((100 * reduction).toFixed(3)),
  incidentsPerPhase: Number(groupsPerPhase.toFixed(2)),
  vMeasure: Number(vMeasure.toFixed(3)),
});
console.log(
  JSON.stringify({
    bench: 'alert-groups',
    runs: runs.length,
    alerts: count,
    ...told(sentinel),
    alertsPerSecond: Math.round(count / sentinel.seconds),
    reference: {
      perHostFiveMinutes: told(reference),
      alertsPerSecond: Math.round(count / reference.seconds),
    },
    timesReference: Number((sentinel.seconds / reference.seconds).toFixed(1)),
  }),
);
