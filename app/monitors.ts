// The configured systems that watch others, as watched systems of Sentinel's own.

import type { OutsideSource } from '../activities/ports/outside.ts';
import type { Monitored, MonitorVendor } from '../adapters/monitor-vendor.ts';
import { monitorVendors } from '../adapters/monitors.ts';
import type { Config } from '../config/load.ts';
import { monitorsIn, monitorVariable } from '../config/sections/monitors.ts';
import type { Check } from '../domain/doctor.ts';
import type { MirroredSystem } from '../ingest/silence-mirrors.ts';
import type { Watched } from '../ingest/watched.ts';

type MonitorsConfig = Pick<Config, 'ingest' | 'monitorSecrets'>;
type Configured = {
  readonly name: string;
  readonly settings: Monitored;
  readonly secret: string | null;
  readonly load: MonitorVendor['load'];
};

function configured({ ingest, monitorSecrets }: MonitorsConfig): readonly Configured[] {
  return monitorsIn(ingest).map(({ type, settings }) => ({
    name: `${type}/${settings.name}`,
    settings: { ...settings, environments: settings.environments ?? [ingest.defaultEnvironment] },
    secret: monitorSecrets[monitorVariable(type, settings.name)]?.reveal() ?? null,
    // Each takes the settings that its own schema gave.
    load: (monitorVendors[type] as unknown as MonitorVendor).load,
  }));
}

export async function watchedMonitors(
  config: MonitorsConfig,
  nowMs: () => number,
): Promise<readonly Watched[]> {
  const all = await Promise.all(
    configured(config).map(async ({ name, settings, secret, load }) => {
      const readings = (await load()).watch?.(settings, secret, nowMs);
      return readings === undefined ? [] : [{ ...readings, name, environments: settings.environments }];
    }),
  );
  return all.flat();
}

/** Those that have silences of their own. */
export async function mirroredSystems(config: MonitorsConfig): Promise<readonly MirroredSystem[]> {
  const all = await Promise.all(
    configured(config).map(async ({ name, settings, secret, load }) => {
      const silences = (await load()).silences?.(settings, secret);
      return silences === undefined ? [] : [{ ...silences, name, environments: settings.environments }];
    }),
  );
  return all.flat();
}

/** Those that can be asked about an incident. */
export async function outsideSources(config: MonitorsConfig): Promise<readonly OutsideSource[]> {
  const all = await Promise.all(
    configured(config).map(async ({ name, settings, secret, load }) => {
      const look = (await load()).look?.(settings, secret);
      return look === undefined ? [] : [{ name, environments: settings.environments, look }];
    }),
  );
  return all.flat();
}

/** What reading takes of those that know: by the name that configuration and metrics have, `cloudwatch/main`. */
export async function monitorPermissions(
  config: MonitorsConfig,
): Promise<ReadonlyMap<string, string | null>> {
  const all = await Promise.all(
    configured(config).map(
      async ({ name, settings, load }) => [name, (await load()).permissions?.(settings) ?? null] as const,
    ),
  );
  return new Map(all);
}

export function monitorChecks(config: MonitorsConfig): readonly Check[] {
  return configured(config).map(
    ({ settings, secret, load }) =>
      async () =>
        (await load()).doctor(settings, secret),
  );
}
