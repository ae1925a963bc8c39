// How far an effect has come that takes long.

import { z } from 'zod';
import type { Progress } from '../../domain/remediation/progress.ts';
import { named } from './named.ts';

export const progress = named<Progress>()(
  'Progress',
  z.strictObject({
    done: z.number(),
    of: z.number(),
    words: z.string().meta({ description: 'As people read it, e.g. "3 of 5 pods new".' }),
  }),
);
