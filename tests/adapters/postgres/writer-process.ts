// Started by database.test.ts: writes to an embedded database until it is killed, and prints the id of every write after
// it was acknowledged: inbox items, and intents with all that leads to them.

import { createStores, openDatabase } from '../../../adapters/postgres/index.ts';
import { limitsConfigSchema } from '../../../domain/remediation/limits.ts';
import { anomalyOf, passGate, readyToAct, unique } from './fixtures.ts';

const [, , dataDir = '', cacheDir = ''] = process.argv;
const database = await openDatabase({ dataDir, cacheDir });
const stores = createStores(database, { limits: limitsConfigSchema.parse({}) });
for (;;) {
  // Together, as requests of several senders come: in one transaction.
  const puts = ['item', 'item', 'item'].map(async (name) => {
    const id = unique(name);
    await stores.inbox.put([{ id, kind: 'anomaly', anomaly: anomalyOf({ environment: 'e' }) }]);
    console.log(id);
  });
  await Promise.all(puts);
  const { incidentId, planHash } = await readyToAct(stores);
  const passed = await passGate(stores, { incidentId, planHash, step: 0, direction: 'forward' });
  if (passed.granted) console.log(passed.intent.id);
}
