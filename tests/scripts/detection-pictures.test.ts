/** The pictures of docs/detection.md are what the detectors find now; `node scripts/detection-pictures.ts` draws them again. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { pictures } from '../../scripts/detection-pictures/pictures.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folder = path.join(root, 'docs/images/detection');
const drawn = pictures();

test('the pictures are all there, and no others', () => {
  expect(readdirSync(folder).toSorted()).toEqual([...drawn.keys()].toSorted());
});

test.each([...drawn.keys()])('%s is up to date, small and shown, with something found', (name) => {
  const file = readFileSync(path.join(folder, name), 'utf8');
  expect(file).toBe(drawn.get(name));
  expect(file.length).toBeLessThan(20_000);
  expect(readFileSync(path.join(root, 'docs/detection.md'), 'utf8')).toContain(`(images/detection/${name})`);
  if (name !== 'confidence.svg') expect(file).toContain('stroke="#c0392b" stroke-dasharray');
});
