/** An API server that has what a test gives it, for what a real one without kubelets cannot show, and for more than it could make in time. */
import type { Api } from '../../../adapters/kubernetes/api.ts';

export type ToldCluster = {
  readonly api: Api;
  /** Lists whose path ends like this have these items. Before the first look. */
  has(plural: string, ...items: readonly object[]): void;
  /** Tells those who watch it; resolves when they have taken everything. */
  tell(
    plural: string,
    ...events: readonly { readonly type: string; readonly object: object }[]
  ): Promise<void>;
};

export function toldCluster(serverMs: number | null = null): ToldCluster {
  const lists = new Map<string, object[]>();
  const watches = new Map<string, { queue: object[]; wake: () => void; idle: PromiseWithResolvers<void> }>();
  const pluralOf = (path: string) => path.split('?')[0]?.split('/').at(-1) ?? '';
  const unasked = () => Promise.reject(new Error('nobody asks that of it'));
  const api: Api = {
    ...{ get: unasked, list: unasked, change: unasked },
    pages: async function* (path) {
      yield { items: lists.get(pluralOf(path)) ?? [], version: '1', serverMs };
    },
    watch: async function* (path, { opened }, signal) {
      const its = { queue: [] as object[], wake: () => {}, idle: Promise.withResolvers<void>() };
      watches.set(pluralOf(path), its);
      opened();
      while (!signal.aborted) {
        for (const event of its.queue.splice(0)) yield event;
        its.idle.resolve();
        await new Promise<void>((resolve) => {
          its.wake = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    },
  };
  return {
    api,
    has(plural, ...items) {
      lists.set(plural, [...(lists.get(plural) ?? []), ...items]);
    },
    async tell(plural, ...events) {
      const its = watches.get(plural);
      if (its === undefined) throw new Error(`nobody watches ${plural}`);
      its.idle = Promise.withResolvers();
      its.queue.push(...events);
      its.wake();
      await its.idle.promise;
    },
  };
}
