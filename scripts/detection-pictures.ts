/** Draws what docs/detection.md shows, with the detection engine as it is: `node scripts/detection-pictures.ts`. A test compares them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pictures } from './detection-pictures/pictures.ts';

const folder = path.resolve(import.meta.dirname, '../docs/images/detection');
mkdirSync(folder, { recursive: true });
for (const [name, svg] of pictures()) writeFileSync(path.join(folder, name), svg);
