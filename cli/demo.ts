// `sentinel demo`: a small real system, two real faults, and the whole loop to a verified fix, told in the terminal.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { obtainTemporalCli } from '../adapters/temporal-dev-server/index.ts';
import { ExitError, exitCodes } from '../app/exit.ts';
import type { IncidentEvent } from '../domain/incident/events.ts';
import type { IncidentSummary } from '../lab/run/client.ts';
import { type DemoAudience, type DemoIncident, playIncident } from '../lab/run/demo.ts';
import { type Stage, startStage } from '../lab/run/stage.ts';
import { unlessStopped } from '../lab/run/stopping.ts';
import { loadScenarios } from '../lab/scenario/load.ts';
import { jsonCommand } from './command.ts';
import type { CliDeps } from './deps.ts';
import { narrate } from './narrate.ts';
import { createOutput, type Output } from './output.ts';
import { clean } from './terminal/text.ts';

const inDemo = (file: string): string => fileURLToPath(new URL(`../lab/demo/${file}`, import.meta.url));
const story = ['1-restart.yaml', '2-wrong-first-fix.yaml'].map(inDemo);
const template = inDemo('sentinel.yaml');
/** Between the two incidents: the system is left to be normal again. */
const pauseMs = 4_000;

type Flags = { readonly once?: boolean; readonly json?: boolean };

export function registerDemo(program: Command, deps: CliDeps): void {
  jsonCommand(program, 'demo', 'break a small real system twice and watch Sentinel fix it')
    .option('--once', 'approve automatically and exit after the two incidents')
    .action((flags: Flags) => demo(flags, deps));
}

async function demo(flags: Flags, deps: CliDeps): Promise<void> {
  const out = createOutput(deps, flags.json === true);
  const say = (line: string) => deps.stderr.write(`${line}\n`);
  const loaded = deps.loadConfig(undefined);
  if (!loaded.ok)
    throw new ExitError(exitCodes.usage, 'The configuration has problems; see "sentinel config check".');
  const dir = join(loaded.config.dataDir, 'demo');
  const beganMs = Date.now();
  const stopping = new AbortController();
  void deps.untilSignal('any-parent').then(() => stopping.abort());
  await obtainTemporalCli({ cacheDir: loaded.config.cacheDir, report: say, stopping: stopping.signal });
  const installedMs = Date.now();
  await rm(dir, { recursive: true, force: true });

  say('Starting Temporal, Sentinel and a small shop with users …');
  const scenarios = await loadScenarios(story);
  const stage = await startStage({ seed: 1, requestsPerSecond: 20, template, dir });
  try {
    stopping.signal.throwIfAborted();
    const startedMs = Date.now();
    say(`Up after ${seconds(startedMs - installedMs)}. Temporal Web UI: ${stage.sentinel.temporalUiUrl}`);
    say(`Dashboard (one-time link): ${await dashboardLink(stage)}`);
    say(`The shop is up; Sentinel is learning what is normal (${seconds(scenarios[0]?.warmUpMs ?? 0)}) …`);
    await delay(scenarios[0]?.warmUpMs ?? 0, undefined, { signal: stopping.signal });
    const results: DemoIncident[] = [];
    for (const [index, scenario] of scenarios.entries()) {
      if (index > 0) await delay(pauseMs, undefined, { signal: stopping.signal });
      say(`\n${out.paint('bold', `Incident ${index + 1} of ${scenarios.length}`)}: ${scenario.about}`);
      const audience = audienceOf(stage, out, flags, deps, say);
      results.push(await unlessStopped(playIncident(stage, scenario, audience), stopping.signal));
    }
    const ok = results.every((result) => result.outcome === 'recovered');
    const endedMs = Date.now();
    say('');
    for (const result of results) say(summaryLine(result));
    if (flags.json === true) {
      const timings = {
        temporalCliMs: installedMs - beganMs,
        startMs: startedMs - installedMs,
        totalMs: endedMs - installedMs,
      };
      deps.stdout.write(`${JSON.stringify({ ok, ...timings, incidents: results })}\n`);
    }
    if (flags.once !== true) await linger(stage, say, stopping.signal);
    if (!ok) throw new ExitError(exitCodes.failed, 'Not every incident ended recovered.');
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    say('Stopping …');
  } finally {
    await stage.stop();
  }
}

function audienceOf(
  stage: Stage,
  out: Output,
  flags: Flags,
  _deps: CliDeps,
  say: (line: string) => void,
): DemoAudience {
  const beganMs = Date.now();
  return {
    say,
    event(event, findings) {
      // The API's timeline is the domain's own events.
      const { style, text, below } = narrate(event as unknown as IncidentEvent);
      const at = `+${((event.atMs - beganMs) / 1000).toFixed(1).padStart(5)} s`;
      say(`${at}  ${style === null ? text : out.paint(style, text)}`);
      for (const line of [...findings, ...below]) say(`            ${clean(line)}`);
    },
    opened: (incident) => say(`Temporal Web UI: ${workflowUrl(stage, incident)}`),
    async ask(pending, incident) {
      const command = `npm run sentinel -- approve ${incident.ref} --config ${configFile(stage)}`;
      if (flags.once === true) return 'approve';
      say(`To approve, answer here, or run in another terminal:\n  ${command}`);
      if (process.stdin.isTTY !== true) return null;
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      const answer = await lines.question(`Approve plan ${pending.planHash.slice(0, 12)}? [y/n] `);
      lines.close();
      return /^y(es)?$/i.test(answer.trim()) ? 'approve' : 'reject';
    },
  };
}

async function linger(stage: Stage, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  say('\nEverything stays up so you can look around; press Ctrl-C to stop.');
  say(`  Dashboard        ${await dashboardLink(stage)}`);
  say(`  Temporal Web UI  ${stage.sentinel.temporalUiUrl}`);
  say(`  Incidents        npm run sentinel -- incident list --config ${configFile(stage)}`);
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

/** A fresh one each time: a link works once, and for five minutes. */
async function dashboardLink({ operator }: Stage): Promise<string> {
  const { body } = await operator.request('POST', '/api/v1/login-link', {});
  return (body as { url: string }).url;
}

const configFile = (stage: Stage): string => stage.sentinel.configFile;

function workflowUrl({ sentinel }: Stage, incident: IncidentSummary): string {
  return `${sentinel.temporalUiUrl}/namespaces/default/workflows/${encodeURIComponent(incident.id)}`;
}

function summaryLine(result: DemoIncident): string {
  const undone = result.compensations > 0 ? `, ${result.compensations} undone` : '';
  return (
    `${result.scenario}: ${result.outcome}` +
    ` (detected after ${seconds(result.detectedMs)}, verified after ${seconds(result.verifiedMs)},` +
    ` ${result.attempts} plan${result.attempts === 1 ? '' : 's'}${undone}, ${result.approvals} approved)`
  );
}

function seconds(ms: number | null): string {
  return ms === null ? '-' : `${(ms / 1000).toFixed(1)} s`;
}
