// What a person found out about an effect becomes an event of its incident: told to the workflow, which writes the record; where the
// incident has ended and no workflow runs any more, it is written by the store. The target is free as soon as it is settled.

import type { Settlements, UntoldSettlement } from './ports/effects.ts';
import type { Logger } from './ports/logger.ts';
import type { IncidentMessenger } from './ports/messenger.ts';

export type SettlementDeps = {
  readonly settlements: Settlements;
  readonly messenger: Pick<IncidentMessenger, 'effectSettled'>;
  readonly log: Logger;
};

/** True when its incident has it, or will have it at once. Never throws. */
export async function tellSettlement(settlement: UntoldSettlement, deps: SettlementDeps): Promise<boolean> {
  const { settlements, messenger, log } = deps;
  const { incidentId, ...settled } = settlement;
  try {
    const said = await messenger.effectSettled(incidentId, settled);
    if (said.accepted) return true;
    if (said.reason.startsWith('closed')) return await settlements.record(settlement);
    log.error(
      { incidentId, intentId: settled.intentId, reason: said.reason },
      'an incident refused a settlement',
    );
    return false;
  } catch (error) {
    log.warn(
      { err: error, incidentId },
      'a settled effect is not in the record of its incident yet; it will be',
    );
    return false;
  }
}
