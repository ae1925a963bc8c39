/** The form of a scenario file. */
import { z } from 'zod';
import { actionNames } from '../supervisor/actions.ts';
import { faultKinds } from '../supervisor/fault-kinds.ts';
import { serviceNames } from '../topology.ts';
import { parseDurationMs } from './duration.ts';

const hourMs = 3_600_000;

/** A duration in the file, milliseconds afterwards. */
function duration(leastMs: number) {
  return z.string().transform((text, context) => {
    const ms = parseDurationMs(text);
    const problem =
      ms === undefined
        ? `"${text}" is not a duration: write for example 30s, 500ms or 2m`
        : ms < leastMs
          ? `${text} is shorter than ${leastMs} ms`
          : ms > hourMs
            ? `${text} is longer than an hour`
            : undefined;
    if (problem === undefined) return ms as number;
    context.addIssue({ code: 'custom', message: problem });
    return z.NEVER;
  });
}

const service = z.enum(serviceNames);
const kind = z.enum(faultKinds as [(typeof faultKinds)[number], ...typeof faultKinds]);
const action = z.enum(actionNames as [(typeof actionNames)[number], ...typeof actionNames]);

export const scenarioSchema = z.strictObject({
  name: z
    .string()
    .max(80)
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'a name is made of small letters, digits and single hyphens'),
  about: z.string().max(500).default(''),
  load: z
    .strictObject({ requestsPerSecond: z.number().gt(0).max(200).default(20) })
    .default({ requestsPerSecond: 20 }),
  warmUp: duration(0).default(30_000),
  faults: z
    .array(
      z.strictObject({
        at: duration(0).default(0),
        service,
        kind,
        with: z.record(z.string(), z.unknown()).default({}),
      }),
    )
    .min(1, 'a scenario needs at least one fault')
    .max(20),
  truth: z.strictObject({ service, cause: kind, fixedBy: z.array(action).max(actionNames.length) }),
  deadline: duration(1_000).default(120_000),
});
export type ScenarioFile = z.infer<typeof scenarioSchema>;
