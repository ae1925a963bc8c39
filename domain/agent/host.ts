// What a machine with an agent is called, and which targets are its own: an agent speaks for no other.

/** Two hyphens in a row set apart the things of one machine (`web1--uploads`), so no machine is called like one of another. */
export const agentHost = /^(?!.*--)[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/;
export const agentHostWords = 'lower-case letters, digits, . and single -';

/** True when the name is that of the machine, or of one of its things. */
export function isOfHost(host: string, name: string): boolean {
  return name === host || name.startsWith(`${host}--`);
}

/** True when the resource is a container or a sandbox of this machine. */
export function ownsResource(host: string, resource: string | undefined): boolean {
  const [kind, name = ''] = resource?.split('/') ?? [];
  return (kind === 'docker' || kind === 'host') && isOfHost(host, name);
}
