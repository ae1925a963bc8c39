// What was started is closed in the opposite order, each part once, and one that fails does not keep the others open.

export type Shutdown = {
  /** Remembers how to close a part; `name` is for the log. */
  add(name: string, close: () => Promise<void>): void;
  close(): Promise<void>;
};

export function createShutdown(onError: (name: string, error: unknown) => void): Shutdown {
  const parts: { name: string; close: () => Promise<void> }[] = [];
  return {
    add: (name, close) => void parts.push({ name, close }),
    async close() {
      for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
        await part.close().catch((error: unknown) => onError(part?.name ?? '', error));
      }
    },
  };
}
