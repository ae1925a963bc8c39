// What is known of targets beyond what executors report: the rules of the configuration, and which of them are Sentinel's own.

import type { Executor } from '../../activities/ports/executor.ts';
import { parseResource } from '../../domain/inventory/kinds/index.ts';
import { decodePart } from '../../domain/inventory/kinds/kind.ts';
import { type OwnPart, ownPart } from '../../domain/inventory/own-parts.ts';
import { described, type InventoryConfig } from '../../domain/inventory/rules.ts';
import { type ObservedState, type TargetRef, targetKey } from '../../domain/inventory/target.ts';
import { wrapped } from '../wrapped-executor.ts';
import { ownParts, readSurroundings, type Surroundings } from './own-parts.ts';

export type Inventory = {
  /** Whether a rule gives targets to this service: then an executor may call them otherwise. */
  gives(service: string): boolean;
  /** A target as it was observed, with everything else that is known of it. */
  describe<State extends ObservedState>(state: State): State;
  /** The service that a target serves, by the rules; as given where none speaks of it. */
  serviceOf(target: TargetRef): string;
  /** Why nothing may act on what has this key; null when it may. */
  protection(environment: string, key: string): string | null;
};

export function createInventory(
  config: Parameters<typeof ownParts>[0] & { readonly inventory: InventoryConfig },
  surroundings: Surroundings = readSurroundings(),
  /** Of the other processes of this installation, as far as they are known now. */
  others: () => readonly OwnPart[] = () => [],
): Inventory {
  const parts = ownParts(config, surroundings);
  const describe = <State extends ObservedState>(state: State): State => {
    const found = described({ state, key: targetKey(state.target) }, config.inventory);
    const own = unreadable(state) ?? ownPart(state, parts) ?? ownPart(state, others());
    return own === null ? found : { ...found, protected: own };
  };
  const given = new Set(config.inventory.rules.map((rule) => rule.service));
  return {
    gives: (service) => given.has(service),
    describe,
    serviceOf(target) {
      const known = { target, desiredReplicas: 0, replicas: [], release: '', config: '' };
      return described({ state: known, key: targetKey(target) }, config.inventory).target.service;
    },
    protection(environment, key) {
      const target = key.startsWith('service/')
        ? serviceOf(key)
        : { environment, service: '', resource: key };
      const known: ObservedState = { target, desiredReplicas: 0, replicas: [], release: '', config: '' };
      return describe(known).protected ?? null;
    },
  };
}

/** A key that cannot be read cannot be compared with anything that is protected. */
function unreadable({ target }: ObservedState): string | null {
  const parsed = parseResource(targetKey(target));
  return parsed.ok ? null : `its name cannot be read: ${parsed.reason}`;
}

function serviceOf(key: string): ObservedState['target'] {
  const [, environment = '', service = ''] = key.split('/').map(decodePart);
  return { environment, service };
}

/** The executor, with everything it reports described. */
export function withInventory(
  executor: Executor,
  inventory: Pick<Inventory, 'describe' | 'gives'>,
): Executor {
  const observe: Executor['observe'] = async (environment, service, signal) => {
    const asked = service === undefined || inventory.gives(service) ? undefined : service;
    const seen = await executor.observe(environment, asked, signal);
    const all = seen.map((state) => inventory.describe(state));
    return service === undefined ? all : all.filter(({ target }) => target.service === service);
  };
  return wrapped(executor, {
    name: 'kept',
    dryRun: 'kept',
    promise: 'kept',
    observe: { by: observe },
    preview: 'kept',
    begin: 'kept',
    poll: 'kept',
    advance: 'kept',
    cancel: 'kept',
    resume: 'kept',
    lookUp: 'kept',
    close: 'kept',
  });
}
