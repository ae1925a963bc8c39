/**
 * `npm run schemathesis`: asks the API at random, as its own OpenAPI document describes it, and prints one line of JSON. At
 * least 5,000 requests (`-- --requests N` for another number); fails when the API and its document disagree anywhere. Needs
 * Python 3 with venv; the tool itself is installed once, into the cache.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheDir } from '../tests/support/components/cache.ts';
import { type ServedApi, serveApi } from '../tests/support/schemathesis/serve.ts';

const wanted = 'schemathesis==4.32.*';
const venv = join(cacheDir, 'schemathesis');
const tool = join(venv, 'bin', 'schemathesis');
const hooks = resolve(import.meta.dirname, '../tests/support/schemathesis/hooks.py');
/** What one run of the tool asks about each operation, beside the cases it works out itself. */
const examplesPerOperation = 60;

/** Standard output stays free for the one line of the result. */
function run(command: string, args: readonly string[], cwd = tmpdir()): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 2, 2] });
    child.once('error', fail);
    child.once('close', (code) => done(code ?? 1));
  });
}

async function obtain(): Promise<void> {
  if (existsSync(tool)) return;
  const made = await run('python3', ['-m', 'venv', venv]);
  const installed = made === 0 ? await run(join(venv, 'bin', 'pip'), ['install', '--quiet', wanted]) : made;
  if (installed === 0) return;
  rmSync(venv, { recursive: true, force: true });
  throw new Error(
    `Could not install ${wanted} into ${venv}. It needs Python 3.10 or later with venv ("apt install python3-venv") and PyPI.`,
  );
}

/** Parameters are often those that exist: a request for something unknown never gets far. */
function configOf({ known, key }: ServedApi): string {
  const list = (values: readonly string[]) => JSON.stringify(values);
  return `
hooks = ${JSON.stringify(hooks)}
headers = { Authorization = "Bearer ${key}" }
request-timeout = 30.0
suppress-health-check = ["all"]
parameters = { "path.id" = { dictionary = "refs", probability = 0.8 }, "query.service" = { dictionary = "services", probability = 0.3 }, "query.environment" = { dictionary = "environments", probability = 0.5 }, "body.planHash" = { dictionary = "hashes", probability = 0.5 } }

[dictionaries]
refs = { values = ${list(known.refs)} }
hashes = { values = ${list(known.planHashes)} }
services = { values = ["orders", "web"] }
environments = { values = ["production"] }

# A decision whose time is over is no mistake of whoever sends it.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "410"]
`;
}

type Report = { readonly statuses: Readonly<Record<string, number>>; readonly requests: number };

/** Counts requests where they arrive, not where they are said to have been sent. */
async function requestsSeen({ url }: ServedApi): Promise<Report> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const statuses: Record<string, number> = {};
  for (const [, status = '', count] of text.matchAll(
    /^sentinel_http_request_duration_seconds_count\{.*status="(\d+)".*\} (\d+)$/gm,
  )) {
    statuses[status] = (statuses[status] ?? 0) + Number(count);
  }
  return { statuses, requests: Object.values(statuses).reduce((sum, count) => sum + count, 0) };
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { requests: { type: 'string', default: '5000' }, seed: { type: 'string', default: '1' } },
  });
  await obtain();
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-schemathesis-run-'));
  const api = await serveApi();
  try {
    const config = join(folder, 'schemathesis.toml');
    writeFileSync(config, configOf(api));
    const seeds: number[] = [];
    let failedRuns = 0;
    let seen = await requestsSeen(api);
    while (seen.requests < Number(values.requests) && failedRuns === 0) {
      const seed = Number(values.seed) + seeds.length;
      seeds.push(seed);
      const code = await run(
        tool,
        [
          ...['--config-file', config, 'run', `${api.url}/openapi.json`],
          ...['--checks', 'all', '--workers', '1', '--seed', String(seed), '--no-color'],
          ...['--max-examples', String(examplesPerOperation), '--generation-database', 'none'],
          // Answers that do not end are asked by tests of their own.
          ...['--exclude-path-regex', '/stream$', '--continue-on-failure'],
        ],
        // It leaves a cache where it runs.
        folder,
      );
      if (code !== 0) failedRuns += 1;
      seen = await requestsSeen(api);
    }
    const errorsLogged = api.errors.length;
    const ok = failedRuns === 0 && errorsLogged === 0 && seen.requests >= Number(values.requests);
    console.log(JSON.stringify({ schemathesis: version(), ok, ...seen, seeds, failedRuns, errorsLogged }));
    if (errorsLogged > 0) console.error(api.errors.slice(0, 5));
    return ok ? 0 : 1;
  } finally {
    await api.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function version(): string {
  const found = readFileSync(join(venv, 'pyvenv.cfg'), 'utf8');
  return `${wanted} on Python ${/^version = (.+)$/m.exec(found)?.[1] ?? 'unknown'}`;
}

process.exitCode = await main();
