// Changes a sandbox while it is cleaned, as fast as it can: folders become links and come back, files become names of files
// outside, folders move away. It never writes through a link itself. Runs as a thread until it is told to stop.

import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

type Given = { readonly base: string; readonly stop: SharedArrayBuffer };
const { base, stop } = workerData as Given;
const flag = new Int32Array(stop);
const [outside, race] = [join(base, 'outside'), join(base, 'sandbox', 'race')];

/** What the clean-up did meanwhile may have made it impossible. */
function attempt(change: () => void): void {
  try {
    change();
  } catch {
    // the next one
  }
}

attempt(() => mkdirSync(race));
/** What the clean-up puts back may be a link by now, and a new file is never made through one. */
const isNew = { flag: 'wx' };
let rounds = 0;
while (Atomics.load(flag, 0) === 0) {
  rounds += 1;
  const [fresh, folder, away, file] = [
    join(race, 'fresh'),
    join(race, 'folder'),
    join(race, 'away'),
    join(race, 'file'),
  ];
  attempt(() => mkdirSync(fresh));
  attempt(() => writeFileSync(join(fresh, 'precious'), 'not so precious', isNew));
  attempt(() => renameSync(fresh, folder));
  attempt(() => renameSync(folder, away));
  attempt(() => symlinkSync(join(outside, 'deep'), folder));
  attempt(() => rmSync(folder));
  attempt(() => renameSync(away, folder));
  attempt(() => writeFileSync(file, 'plain', isNew));
  attempt(() => linkSync(join(outside, 'linked'), join(race, 'other')));
  attempt(() => renameSync(join(race, 'other'), file));
  attempt(() => rmSync(file));
  attempt(() => symlinkSync(join(outside, 'precious'), file));
  attempt(() => rmSync(file));
  attempt(() => renameSync(folder, join(base, 'elsewhere', 'folder')));
  attempt(() => renameSync(join(base, 'elsewhere', 'folder'), folder));
  if (rounds === 1) parentPort?.postMessage('racing');
}
