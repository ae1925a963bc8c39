// The title of an incident: what is wrong where, in one line. A measurement is told in figures, an alert or a log in its own
// words, and once a cause is known the title says that, too. Words from outside are bounded and cleaned; whoever shows
// them escapes them.

import type { Anomaly, SignalKind } from '../detection/anomaly.ts';
import { percent, plainBytes, plainMs } from '../detection/names.ts';
import type { Diagnosis, Hypothesis } from '../diagnosis/diagnosis.ts';
import { plainLine } from '../text.ts';

const longestName = 80;
const longestWords = 160;

const words: Readonly<Record<SignalKind, string>> = {
  errors: 'errors',
  latency: 'latency',
  traffic: 'traffic',
  availability: 'availability',
  cpu: 'CPU',
  memory: 'memory',
  disk: 'disk',
  pool: 'connection pool',
  restarts: 'restarts',
  logs: 'log messages',
  absence: 'no telemetry',
  reported: 'reported alert',
  other: 'unusual values',
};

/** What is wrong where, now and usually, in units people read; in words where there are any. */
export function incidentTitle(anomaly: Anomaly): string {
  const service = name(anomaly.scope.service);
  const said = plainLine(anomaly.title ?? '', longestWords);
  // Many alerts begin with the name of their service.
  if (said !== '') return said.toLowerCase().startsWith(service.toLowerCase()) ? said : `${service}: ${said}`;
  const what = words[anomaly.signal];
  if (anomaly.signal === 'absence' || anomaly.signal === 'reported') return `${service}: ${what}`;
  const inWords = wordsFor(anomaly);
  return `${service}: ${what} ${anomaly.direction}, ${inWords(anomaly.seen)} instead of ${inWords(anomaly.expected)}`;
}

/** A symptom in figures; one of a log in its words, too, since nobody knows a template by its id. */
export function symptomText({ detector, title, summary }: Anomaly): string {
  const said = detector === 'log-template' ? plainLine(title ?? '', longestWords) : '';
  return said === '' ? summary : `${summary}: “${said}”`;
}

/** The title once a cause is known, such as `inventory: 57 % of requests fail since release v3`; null while none is. */
export function titleOfCause(
  { hypotheses, inconclusive }: Diagnosis,
  anomalies: readonly Anomaly[],
): string | null {
  const [best] = hypotheses;
  if (inconclusive || best === undefined || best.cause === 'reported') return null;
  const service = name(best.scope.service);
  const symptom = symptomOf(
    anomalies.filter(({ scope }) => scope.service === best.scope.service),
    anomalies,
  );
  return symptom === null ? null : `${service}: ${symptom}${sinceWhat(best)}`;
}

/** What users feel, of the cause's own service before any other. */
function symptomOf(own: readonly Anomaly[], all: readonly Anomaly[]): string | null {
  for (const anomalies of [own, all]) {
    const errors = anomalies.find(({ signal }) => signal === 'errors');
    if (errors !== undefined && Number.isFinite(errors.seen))
      return `${percent(Math.round(errors.seen * 100) / 100)} of requests fail`;
    const latency = anomalies.find(({ signal }) => signal === 'latency');
    if (latency !== undefined && Number.isFinite(latency.seen))
      return `requests take ${plainMs(latency.seen)} instead of ${plainMs(latency.expected)}`;
  }
  const [first] = own;
  return first === undefined ? null : incidentTitle(first).slice(name(first.scope.service).length + 2);
}

function sinceWhat({ cause, change }: Hypothesis): string {
  const which = change === undefined ? '' : ` ${plainLine(change, 40)}`;
  if (cause === 'bad-release') return which === '' ? ' since its new release' : ` since release${which}`;
  if (cause === 'bad-config') return ` since configuration${which === '' ? ' was changed' : which}`;
  return ` (${cause.replaceAll('-', ' ')})`;
}

function wordsFor({ signal, metric }: Anomaly): (value: number) => string {
  const known = (plain: (value: number) => string) => (value: number) =>
    Number.isFinite(value) ? plain(value) : number(value);
  if (signal === 'errors' || metric.includes('utilization')) return known(percent);
  if (signal === 'latency') return known(plainMs);
  if ((signal === 'memory' || signal === 'disk') && metric.includes('usage')) return known(plainBytes);
  return number;
}

function name(text: string): string {
  const clean = plainLine(text.replaceAll(/[<>]/g, ' '), longestName);
  return clean === '' ? 'unnamed service' : clean;
}

function number(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : 'unknown';
}
