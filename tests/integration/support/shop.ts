/**
 * A shop to practise on that costs next to nothing: the lab's supervisor, its actions, fences, faults and ledger as they
 * are, over replicas that are no processes. What replicas do under a fault is the subject of the lab's own tests.
 */
import { join } from 'node:path';
import { AnswerFaults } from '../../../lab/supervisor/answer-faults.ts';
import { createApiRoutes } from '../../../lab/supervisor/api.ts';
import { ChangeFeed } from '../../../lab/supervisor/events.ts';
import type { FaultRequest } from '../../../lab/supervisor/fault-kinds.ts';
import { FaultInjector } from '../../../lab/supervisor/faults.ts';
import { Ledger, type LedgerEntry } from '../../../lab/supervisor/ledger.ts';
import { optionsSchema } from '../../../lab/supervisor/options.ts';
import { ManagedService } from '../../../lab/supervisor/service.ts';
import { Task } from '../../../lab/supervisor/task.ts';
import { serveJson } from '../../../lab/support/http.ts';
import type { ServiceName } from '../../../lab/topology.ts';
import { startShopTraffic } from './shop-traffic.ts';

/** The one things happen to, and a neighbour that stays well. */
const names: readonly ServiceName[] = ['payments', 'inventory'];

/** Runs from the moment it is made; its faults live and end with it, as with a process. */
class ImaginaryTask extends Task {
  protected override start(): void {
    this.state = 'running';
    this.port = 1;
  }
}

export interface Shop {
  readonly supervisorUrl: string;
  readonly answerFaults: AnswerFaults;
  readonly ledger: readonly LedgerEntry[];
  /** Sends telemetry from now on; resolves when what is ordinary has been delivered. */
  open(): Promise<void>;
  inject(fault: FaultRequest): Promise<void>;
  close(): Promise<void>;
}

export async function startShop(dir: string, sentinelUrl: string, environment: string): Promise<Shop> {
  const options = optionsSchema.parse({ dir, environment, eventsUrl: `${sentinelUrl}/api/v1/events` });
  let count = 0;
  const surroundings = {
    dir,
    newTaskId: (service: ServiceName) => {
      count += 1;
      return `${service}-${count}`;
    },
    describe: () => noProcess(),
    startTask: (...given: ConstructorParameters<typeof Task>) => new ImaginaryTask(...given),
    onChange: () => {},
  };
  const services = new Map(names.map((name) => [name, new ManagedService(name, surroundings)]));
  await Promise.all([...services.values()].map((service) => service.reconcile()));
  const ledger = new Ledger(join(dir, 'ledger'));
  const feed = new ChangeFeed(options);
  const answerFaults = new AnswerFaults();
  const injector = new FaultInjector({ services, setDependencyDelay: noProcess, setSurge: noProcess }, feed);
  const routes = createApiRoutes({ cluster: { services }, ledger, feed, answerFaults });
  const { server, url } = await serveJson(routes);
  let traffic: ReturnType<typeof startShopTraffic> | null = null;
  return {
    supervisorUrl: url,
    answerFaults,
    ledger: ledger.entries,
    async open() {
      traffic = startShopTraffic({ url: sentinelUrl, environment, services });
      await traffic.caughtUp();
    },
    async inject(fault) {
      await traffic?.caughtUp(); // the seconds before it are told as they were
      await injector.inject(fault);
    },
    async close() {
      answerFaults.release();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      await traffic?.stop().finally(() => ledger.close());
    },
  };
}

function noProcess(): never {
  throw new Error('the replicas of this shop are no processes: this needs the lab');
}
