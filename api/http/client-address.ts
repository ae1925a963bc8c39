// The address a request came from, as limits count it.

import { isIP, isIPv4 } from 'node:net';

/** What the server knows of the sender besides the request. */
export type From = {
  readonly address: string;
  /** Path below which a proxy shows this server to its users; absent or empty at the root. */
  readonly prefix?: string;
};

/**
 * `trustedProxies` of our own stand in front and append the address they were called from to X-Forwarded-For; whatever
 * stands before those entries was written by the sender and is not believed. An IPv6 address stands for its /64, which
 * one customer has to himself.
 */
export function clientAddress(
  socketAddress: string | undefined,
  forwardedFor: string | null,
  trustedProxies: number,
): string {
  const socket = socketAddress ?? '';
  if (trustedProxies === 0) return counted(socket);
  const hops = [...(forwardedFor ?? '').split(','), socket].map((hop) => hop.trim());
  const claimed = hops[Math.max(0, hops.length - 1 - trustedProxies)] ?? '';
  return counted(isIP(claimed) === 0 ? socket : claimed);
}

function counted(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIPv4(address)) return address;
  if (isIP(address) === 0) return 'unknown';
  return `${firstFourGroups(address)}::/64`;
}

function firstFourGroups(address: string): string {
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  const groups = [...before, ...zeros, ...after].slice(0, 4);
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':');
}
