/** Finds what a merge or rebase left unresolved, in every file that git keeps. */
import { spawnSync } from 'node:child_process';

/** `git grep` without a match ends with 1; anything above that is a failure to look. */
const noMatch = 1;
// Written as repetitions, so that this file does not find itself. `=======` alone also underlines headings.
const markers = String.raw`^(<{7}|\|{7}|>{7})( |$)`;

const { status, stdout, stderr, error } = spawnSync(
  'git',
  ['grep', '--untracked', '-n', '-I', '-E', markers],
  { encoding: 'utf8' },
);
if (error !== undefined || status === null || status > noMatch) {
  console.error(`Looking for conflict markers failed: ${error?.message ?? stderr}. Is this a git work tree?`);
  process.exitCode = 2;
} else if (status === 0) {
  console.log(`${stdout.trimEnd()}\nConflict markers: keep both intentions, and remove the marks.`);
  process.exitCode = 1;
} else {
  console.log('no conflict markers');
}
