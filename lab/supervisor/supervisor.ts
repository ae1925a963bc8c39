/**
 * The supervisor: a small orchestrator for the shop. Started with flags by hand, or with `--options-stdin` by a parent
 * that writes its options as one line of JSON and whose death, seen as the end of stdin, ends everything.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { serveJson } from '../support/http.ts';
import { createAdminRoutes } from './admin-api.ts';
import { AnswerFaults } from './answer-faults.ts';
import { createApiRoutes } from './api.ts';
import { Cluster } from './cluster.ts';
import { ChangeFeed } from './events.ts';
import { FaultInjector } from './faults.ts';
import { Ledger } from './ledger.ts';
import { startResourceMetrics } from './metrics.ts';
import { optionsSchema, type ReadyLine, type SupervisorOptions } from './options.ts';

export async function main(args: string[]): Promise<void> {
  const options = await readOptions(args);
  const cluster = new Cluster(options);
  const end = (): never => {
    cluster.killAll();
    process.exit(0);
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  if (args.includes('--options-stdin')) process.stdin.on('close', end);

  await cluster.start();
  const ledger = new Ledger(options.dir);
  const feed = new ChangeFeed(options);
  const answerFaults = new AnswerFaults();
  const api = await serveJson(createApiRoutes({ cluster, ledger, feed, answerFaults }), options.port);
  const injector = new FaultInjector(cluster, feed);
  const admin = await serveJson(createAdminRoutes(injector, answerFaults), options.adminPort);
  startResourceMetrics(cluster);

  const ready: ReadyLine = {
    supervisorUrl: api.url,
    adminUrl: admin.url,
    loadUrl: cluster.loadUrl,
    ingressUrl: cluster.ingressUrl,
    environment: options.environment,
    pids: { supervisor: process.pid, ...cluster.pids },
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

async function readOptions(args: string[]): Promise<SupervisorOptions> {
  const { values } = parseArgs({
    args,
    options: {
      'options-stdin': { type: 'boolean' },
      dir: { type: 'string' },
      seed: { type: 'string' },
      otlp: { type: 'string' },
      'telemetry-interval-ms': { type: 'string' },
      events: { type: 'string' },
      'api-key': { type: 'string' },
      environment: { type: 'string' },
      rps: { type: 'string' },
      port: { type: 'string' },
      'admin-port': { type: 'string' },
    },
  });
  if (values['options-stdin']) return optionsSchema.parse(JSON.parse(await firstLine()));
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  return optionsSchema.parse({
    dir: values.dir ?? '.sentinel/lab',
    seed: number(values.seed),
    otlpEndpoint: values.otlp,
    telemetryIntervalMs: number(values['telemetry-interval-ms']),
    eventsUrl: values.events,
    apiKey: values['api-key'],
    environment: values.environment,
    requestsPerSecond: number(values.rps),
    port: number(values.port),
    adminPort: number(values['admin-port']),
  });
}

async function firstLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  const line = await new Promise<string>((resolve, reject) => {
    lines.once('line', resolve);
    lines.once('close', () => reject(new Error('stdin ended before the options came')));
  });
  lines.close();
  // Reading on is what makes the end of stdin visible.
  process.stdin.resume();
  return line;
}
