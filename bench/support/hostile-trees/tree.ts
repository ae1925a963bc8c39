// A sandbox that somebody made to have Sentinel delete what is outside: links of every kind, names that are no text, folders
// called data, mounts, a trash that is a trap. Beside it stands what must not be touched.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../../lab/support/random.ts';

export type Tree = {
  readonly base: string;
  readonly outside: string;
  readonly sandbox: string;
  /** Paths of files that a clean-up has to remove, and of things that it has to leave. */
  readonly removable: readonly Buffer[];
  readonly staying: readonly Buffer[];
  /** The trash is not Sentinel's own: nothing may be cleaned at all. */
  readonly trapped: boolean;
  readonly mounts: readonly string[];
};

const oddNames = [
  '-rf',
  '*',
  '..a',
  ' ',
  'a b',
  'a\nb',
  "it's",
  '$(id)',
  'x (deleted)',
  'data.tmp',
  '%2e%2e',
  '\u202egnp',
  '~',
];
const bytesThatAreNoText = [
  Buffer.from([0xff, 0xfe]),
  Buffer.from([0x61, 0xc0, 0xaf]),
  Buffer.from([0xed, 0xa0, 0x80]),
];

/** Makes a tree of the seed below `base`, which is empty. */
export function makeTree(base: string, seed: number, withMounts: boolean): Tree {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const [outside, sandbox] = [join(base, 'outside'), join(base, 'sandbox')];
  for (const folder of [
    outside,
    join(outside, 'deep'),
    join(outside, 'data'),
    sandbox,
    join(base, 'elsewhere'),
  ])
    mkdirSync(folder);
  for (const name of ['precious', 'deep/precious', 'data/precious', 'linked'])
    writeFileSync(join(outside, name), `${name} of ${seed}`);

  const removable: Buffer[] = [];
  const staying: Buffer[] = [];
  const folders: { readonly path: Buffer; readonly forbidden: boolean }[] = [
    { path: Buffer.from(sandbox), forbidden: false },
  ];
  const mounts: string[] = [];
  let number = 0;

  const nameFor = (): Buffer => {
    number += 1;
    const end = Buffer.from(`${number}`);
    const roll = random();
    if (roll < 0.15) return Buffer.concat([pick(bytesThatAreNoText), end]);
    if (roll < 0.4) return Buffer.concat([Buffer.from(pick(oddNames)), end]);
    if (roll < 0.45) return Buffer.concat([Buffer.alloc(240, 'n'), end]);
    return Buffer.concat([Buffer.from('file-'), end]);
  };
  const below = (folder: Buffer, name: Buffer): Buffer => Buffer.concat([folder, Buffer.from('/'), name]);

  const steps = 6 + Math.floor(random() * 14);
  for (let step = 0; step < steps; step += 1) {
    const { path: folder, forbidden } = pick(folders);
    const place = below(folder, nameFor());
    const roll = random();
    if (roll < 0.35) {
      writeFileSync(place, Buffer.alloc(Math.floor(random() ** 4 * 65_536)));
      (forbidden ? staying : removable).push(place);
    } else if (roll < 0.5) {
      mkdirSync(place);
      folders.push({ path: place, forbidden });
    } else if (roll < 0.58) {
      const data = below(folder, Buffer.from(pick(['data', 'Data', 'DATA'])));
      try {
        mkdirSync(data);
        folders.push({ path: data, forbidden: true });
      } catch {}
    } else if (roll < 0.85) {
      symlinkSync(
        pick([
          join(outside, 'precious'),
          outside,
          join(outside, 'deep'),
          '/',
          '..',
          '../..',
          '.',
          place.toString('latin1'),
          '/nowhere',
        ]),
        place,
      );
      staying.push(place);
    } else {
      linkSync(join(outside, 'linked'), place);
      staying.push(place);
    }
  }
  if (withMounts) {
    const [folder, file] = [join(sandbox, 'mounted'), join(sandbox, 'mounted-file')];
    mkdirSync(folder);
    writeFileSync(file, 'covered');
    execFileSync('mount', ['--bind', outside, folder]);
    execFileSync('mount', ['--bind', join(outside, 'precious'), file]);
    mounts.push(folder, file);
    staying.push(Buffer.from(join(folder, 'precious')), Buffer.from(file));
  }
  return { base, outside, sandbox, removable, staying, mounts, trapped: trap(random(), sandbox, outside) };
}

/** Now and then somebody was there first. */
function trap(roll: number, sandbox: string, outside: string): boolean {
  const trash = join(sandbox, '.sentinel-trash');
  if (roll < 0.03) symlinkSync(outside, trash);
  else if (roll < 0.05) writeFileSync(trash, '');
  else if (roll < 0.07) {
    mkdirSync(trash);
    execFileSync('chmod', ['777', trash]);
  } else return false;
  return true;
}

/** Everything there is outside, by path: which file it is, its content, when it was written. */
export function snapshot(folder: string): string {
  const lines = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const { ino, size, mtimeNs, mode } = lstatSync(path, { bigint: true });
    const content = entry.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
    return `${path} ${ino} ${entry.isFile() ? `${size} ${mtimeNs}` : ''} ${mode} ${content}`;
  });
  return lines.toSorted().join('\n');
}
