// Runs the benchmarks, one after the other, each in a process of its own, and prints one JSON line for each.
//
// npm run bench                          every one
// npm run bench -- gate memory           these
// npm run bench -- nab --data FOLDER     one that measures on data of the reader's

import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const folder = fileURLToPath(new URL('.', import.meta.url));
const known = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => file.slice(0, -'.ts'.length))
  .sort();

const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string' }, json: { type: 'boolean' } },
});
const data = values.data === undefined ? [] : ['--data', values.data];
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark ${unknown.join(', ')}. Known: ${known.join(', ')}.\n`);
  process.exit(2);
}

let failed = 0;
for (const name of wanted.length > 0 ? wanted : known) {
  const child = spawn(process.execPath, ['--expose-gc', `${folder}${name}.ts`, ...data], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  if (code === 0) continue;
  failed += 1;
  process.stderr.write(`The benchmark ${name} ended with code ${code}.\n`);
}
process.exitCode = failed > 0 ? 1 : 0;
