// Systems that watch others and are asked what they know. Each has a name of its own, and a secret in the environment under that name.
// What a vendor needs to know it says itself.

import { z } from 'zod';
import { monitorVendors } from '../../adapters/monitors.ts';
import { environmentName } from './environment-name.ts';

type Vendors = typeof monitorVendors;
export type MonitorType = keyof Vendors;

const common = (type: string) => ({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,40}$/, 'expected lower-case letters, digits and -')
    .describe(
      `Name used in metrics, logs and alerts. Its secret, if it needs one, is in \`SENTINEL_${type.toUpperCase()}_<NAME>\`.`,
    ),
  environments: z
    .array(environmentName)
    .min(1)
    .max(20)
    .optional()
    .describe(
      'Environments it speaks about; what it says of others is left out. The first is that of series that name none. Default: `defaultEnvironment`.',
    ),
});
type Common = z.output<z.ZodObject<ReturnType<typeof common>>>;

export type MonitorsConfig = {
  [Type in MonitorType]: (Common & z.output<Vendors[Type]['settings']>)[];
};

function listOf([type, { settings, about }]: [string, Vendors[MonitorType]]) {
  const list = z
    .array(z.strictObject({ ...common(type), ...settings.shape }))
    .max(20)
    .default([])
    .superRefine((entries, context) => {
      const seen = new Set<string>();
      for (const [index, { name }] of entries.entries()) {
        if (seen.has(name))
          context.addIssue({ code: 'custom', path: [index, 'name'], message: `"${name}" is used twice` });
        seen.add(name);
      }
    })
    .describe(about);
  return [type, list] as const;
}

/** Below `ingest`, a list for each vendor. */
export const monitorSettings = Object.fromEntries(Object.entries(monitorVendors).map(listOf)) as unknown as {
  readonly [Type in MonitorType]: z.ZodDefault<z.ZodType<MonitorsConfig[Type]>>;
};

/** The variable that holds the secret of the one with this name. */
export function monitorVariable(type: string, name: string): string {
  return `SENTINEL_${type}_${name}`.toUpperCase().replaceAll('-', '_');
}

/** Every one that is configured. */
export function monitorsIn(ingest: MonitorsConfig): readonly {
  readonly type: MonitorType;
  readonly index: number;
  readonly settings: MonitorsConfig[MonitorType][number];
}[] {
  return (Object.keys(monitorVendors) as MonitorType[]).flatMap((type) =>
    ingest[type].map((settings, index) => ({ type, index, settings })),
  );
}
