/** Names that lead where a test says; all others are looked up as always. Use it in a `vi.mock('node:dns', …)`. */
type Dns = typeof import('node:dns');

/** Name → the address it leads to. */
export const leadsTo = new Map<string, string>();

export function fakeDns(real: Dns): object {
  const lookup = (
    name: string,
    options: object,
    callback: (error: Error | null, found: object[]) => void,
  ) => {
    const address = leadsTo.get(name);
    if (address === undefined) return real.lookup(name, options, callback as never);
    callback(null, [{ address, family: address.includes(':') ? 6 : 4 }]);
  };
  return { ...real, default: { ...real, lookup }, lookup };
}
