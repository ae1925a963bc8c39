// `node config/main.ts` writes docs/configuration.md from the schema.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { renderReference } from './reference.ts';

writeFileSync(path.resolve(import.meta.dirname, '..', 'docs', 'configuration.md'), renderReference());
