// Cleans sandboxes that were made to have Sentinel delete what is outside. Ends with code 1 when anything there was touched.
//
// npm run bench -- hostile-trees             10,000 trees
// node bench/hostile-trees.ts 300            another number

import { cleanHostileTrees } from './support/hostile-trees/run.ts';

const started = performance.now();
const { problems, ...counts } = await cleanHostileTrees({
  trees: Number(process.argv[2] ?? 10_000),
  raceEvery: 10,
  mountEvery: process.getuid?.() === 0 ? 25 : 0,
});
const seconds = Math.round((performance.now() - started) / 1_000);
console.log(JSON.stringify({ bench: 'hostile-trees', ...counts, problems: problems.length, seconds }));
for (const problem of problems.slice(0, 20)) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
