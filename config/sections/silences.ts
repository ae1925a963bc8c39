// How long people may silence something at a stretch.

import { z } from 'zod';
import { duration } from '../duration.ts';

export const silencesSchema = z
  .strictObject({
    longest: duration('1m', '366d')
      .prefault('7d')
      .describe(
        'The longest silence, and the longest occurrence of a maintenance window. What is needed for longer is asked for again.',
      ),
  })
  .transform(({ longest }) => ({ longestMs: longest }))
  .describe('Silences and maintenance windows (docs/silences.md).');
