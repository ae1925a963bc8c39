// What a simulated world consists of, and what its faults do to a replica at a moment.

export type SimulatedService = {
  readonly name: string;
  readonly replicas: number;
  readonly selfMs: number;
  readonly calls: readonly string[];
  /** A dependency outside that every request asks. */
  readonly outside?: string;
  /** Requests per second one replica can take; generous when left out. */
  readonly capacity?: number;
};

export type Fault = {
  readonly service: string;
  readonly atSecond?: number;
  readonly untilSecond?: number;
} & (
  | { readonly kind: 'crash'; readonly replicas?: number }
  | { readonly kind: 'crash-loop'; readonly periodSeconds?: number }
  | { readonly kind: 'hang'; readonly replicas?: number }
  | { readonly kind: 'memory-leak'; readonly sharePerSecond: number }
  | { readonly kind: 'cpu-burn'; readonly replicas?: number }
  | { readonly kind: 'slow-dependency'; readonly addMs: number }
  | { readonly kind: 'errors'; readonly rate: number; readonly replicas?: number }
  | { readonly kind: 'slow'; readonly factor: number }
  | { readonly kind: 'disk-fill'; readonly sharePerSecond: number; readonly fromShare?: number }
  | { readonly kind: 'surge'; readonly factor: number }
  | { readonly kind: 'pool-exhaustion'; readonly replicas?: number }
  | { readonly kind: 'telemetry-gap'; readonly replicas?: number }
  | { readonly kind: 'log-noise' }
);

export type World = {
  readonly services: readonly SimulatedService[];
  readonly entry: string;
  readonly requestsPerSecond: number;
  readonly faults: readonly Fault[];
  readonly changes?: readonly {
    readonly type: string;
    readonly service: string;
    readonly atSecond: number;
  }[];
  readonly seed: number;
  readonly warmUpSeconds?: number;
  /** Seconds from the fault to the moment of diagnosis. */
  readonly afterSeconds?: number;
  /** Share of seconds in which a service is slowed by something unrelated, as on a busy machine. */
  readonly stalls?: number;
  readonly without?: readonly ('calls' | 'metrics' | 'logs' | 'targets')[];
};

export const startMs = 1_700_000_000_000;
export const environment = 'test';
export type Behaviour = {
  up: boolean;
  hung: boolean;
  errorRate: number;
  factor: number;
  cpu: number;
  memoryShare: number;
  outsideAddMs: number;
  poolTaken: boolean;
  mute: boolean;
  restarts: number;
};

export function isActive(fault: Fault, second: number, warmUp: number): boolean {
  const from = warmUp + (fault.atSecond ?? 0);
  return second >= from && (fault.untilSecond === undefined || second < warmUp + fault.untilSecond);
}

export function behaviour(
  world: World,
  service: SimulatedService,
  index: number,
  second: number,
  warmUp: number,
): Behaviour {
  const result: Behaviour = {
    up: true,
    hung: false,
    errorRate: 0.001,
    factor: 1,
    cpu: 0.1,
    memoryShare: 0.4,
    outsideAddMs: 0,
    poolTaken: false,
    mute: false,
    restarts: 0,
  };
  for (const fault of world.faults) {
    if (fault.service !== service.name || !isActive(fault, second, warmUp)) continue;
    const since = second - warmUp - (fault.atSecond ?? 0);
    if ('replicas' in fault && fault.replicas !== undefined && index >= fault.replicas) continue;
    switch (fault.kind) {
      case 'crash':
        result.up = false;
        break;
      case 'crash-loop': {
        const period = fault.periodSeconds ?? 3;
        result.restarts = Math.floor((since + 1) / period);
        result.up = since % period === period - 1;
        break;
      }
      case 'hang':
        result.hung = true;
        result.cpu = 0.004;
        break;
      case 'memory-leak': {
        result.memoryShare = Math.min(0.99, 0.4 + since * fault.sharePerSecond);
        if (result.memoryShare > 0.85) [result.factor, result.cpu] = [5, 0.8];
        break;
      }
      case 'cpu-burn':
        result.cpu = 0.97;
        result.factor = 6;
        break;
      case 'slow-dependency':
        result.outsideAddMs = fault.addMs;
        break;
      case 'errors':
        result.errorRate = fault.rate;
        break;
      case 'slow':
        result.factor = fault.factor;
        break;
      case 'disk-fill':
        if (diskShare(world, service.name, second, warmUp) >= 1) result.errorRate = 1;
        break;
      case 'pool-exhaustion':
        result.poolTaken = true;
        break;
      case 'telemetry-gap':
        result.mute = true;
        break;
      case 'surge':
      case 'log-noise':
        break;
    }
  }
  return result;
}

export function diskShare(world: World, service: string, second: number, warmUp: number): number {
  const fault = world.faults.find((one) => one.kind === 'disk-fill' && one.service === service);
  const usual = 0.2 + second * 0.00002;
  if (fault?.kind !== 'disk-fill' || !isActive(fault, second, warmUp)) return usual;
  return Math.min(1, (fault.fromShare ?? usual) + (second - warmUp + 1) * fault.sharePerSecond);
}
