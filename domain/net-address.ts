// Addresses that nothing is ever sent to: the metadata services of clouds hand out the machine's credentials to whoever asks from
// it, and all of them are link-local or well known.

/** Names under which clouds answer for their metadata. */
const metadataNames = [
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.azure.internal',
  'metadata.tencentyun.com',
  'instance-data',
  'instance-data.ec2.internal',
];
/** Addresses outside of link-local: Alibaba, Oracle's old one, Azure's wire server. */
const metadataAddresses = ['100.100.100.200', '192.0.0.192', '168.63.129.16'];

/** True for a host name or address (IPv6 with or without brackets) that is, or belongs to, a metadata service or the link itself. */
export function isMetadataHost(host: string): boolean {
  const name = host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/%.*$/, '')
    .replace(/\.$/, '');
  if (metadataNames.includes(name) || metadataAddresses.includes(name)) return true;
  const mapped = mappedIpv4(name);
  if (mapped !== null) return isMetadataHost(mapped);
  return /^169\.254\.\d{1,3}\.\d{1,3}$/.test(name) || /^fe[89ab][0-9a-f]?:/.test(name) || isAwsIpv6(name);
}

/** fd00:ec2::254 and its neighbours, however they are written. */
function isAwsIpv6(name: string): boolean {
  return /^fd00:0?ec2:/.test(name);
}

/** The IPv4 address inside `::ffff:a.b.c.d` or `::ffff:aabb:ccdd`; null when there is none. */
function mappedIpv4(name: string): string | null {
  const dotted = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/.exec(name)?.[1];
  if (dotted !== undefined) return dotted;
  const hex = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(name);
  if (hex === null) return null;
  const [high, low] = [Number.parseInt(hex[1] ?? '', 16), Number.parseInt(hex[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** Whether this host (IPv6 with or without brackets) is the machine itself. */
export function isThisMachine(host: string): boolean {
  return /^(localhost|[a-z0-9-]+\.localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}

/** Whether what is sent to this URL crosses a network unencrypted. */
export function isClearText(url: string): boolean {
  return URL.canParse(url) && new URL(url).protocol === 'http:' && !isThisMachine(new URL(url).hostname);
}
