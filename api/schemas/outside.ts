// What systems outside held about an incident.

import { z } from 'zod';
import type { OutsideView } from '../../domain/diagnosis/outside.ts';
import { named } from './named.ts';
import { instantMs } from './scope.ts';

export const outsideView = named<OutsideView>()(
  'OutsideView',
  z.strictObject({
    from: z.string().meta({ description: 'As in configuration: `loki/main`.' }),
    series: z.array(
      z.strictObject({
        service: z.string(),
        name: z.string(),
        points: z.array(z.strictObject({ atMs: instantMs, value: z.number() })),
      }),
    ),
    lines: z.array(
      z.strictObject({
        atMs: instantMs,
        service: z.string(),
        severityNumber: z.int(),
        text: z.string().meta({ description: 'As the program wrote it, without secrets.' }),
      }),
    ),
    problem: z.string().nullable().meta({ description: 'Why it is less than it could be.' }),
  }),
);
