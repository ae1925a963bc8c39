/** Runs the architecture rules over the tree; `npm test` also proves that each rule finds what it should. */
import { resolve } from 'node:path';
import { violations } from '../tests/architecture/rules.ts';
import { readTree } from '../tests/architecture/tree.ts';

const tree = readTree(resolve(import.meta.dirname, '..'));
const found = violations(tree);
for (const { rule, file, line, message } of found) console.log(`${file}:${line} ${rule}: ${message}`);
console.log(`${tree.size} files, ${found.length} violations`);
process.exitCode = found.length === 0 ? 0 : 1;
