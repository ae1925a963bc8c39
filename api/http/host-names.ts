// Which names this server answers to. A web page can make its own name lead to this machine (DNS rebinding) and would then be
// of the same origin as the server; but the browser still says the page's name in `Host`, and that name is not one of ours.

import { isIP } from 'node:net';
import { isLoopback } from './loopback.ts';

export type HostNames = {
  /** True for a `Host` header that this server answers to, and for none at all: browsers always send one. */
  answersTo(header: string | undefined): boolean;
};

/** `names` as in a configuration: `sentinel.example.com`, or `*.example.com` for every name below it. Ports do not matter. */
export function hostNames(names: readonly string[]): HostNames {
  const exact = new Set(names.map(plain));
  const below = names.filter((name) => name.startsWith('*.')).map((name) => plain(name.slice(1)));
  return {
    answersTo(header) {
      if (header === undefined || header === '') return true;
      const name = plain(header.replace(/:\d*$/, ''));
      // An address is no name: nobody can make it lead elsewhere.
      if (isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0 || isLoopback(name)) return true;
      return exact.has(name) || below.some((end) => name.length > end.length && name.endsWith(end));
    },
  };
}

/** Names are the same in capitals, and with the dot of the root at their end. */
function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
