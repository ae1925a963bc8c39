// Which containers an executor may see as targets, and what they are called: by their name or a label, as configured. What is
// not named is not there, whatever the engine would let Sentinel do.

import { plainLine } from '../../domain/text.ts';

export type Selection = {
  /** Globs of names, and `label:key` or `label:key=value`. */
  readonly containers: readonly string[];
  readonly serviceLabel: string;
};

export type Named = { readonly name: string; readonly labels: Readonly<Record<string, string>> };

/** As the engine lists it: its own name, and names that are links of other containers, which have a second slash. */
export function namedIn(names: readonly string[], labels: Named['labels']): Named | null {
  const name = names.map((one) => one.replace(/^\//, '')).find((one) => !one.includes('/'));
  return name === undefined ? null : { name, labels };
}

export function isSelected({ containers }: Selection, { name, labels }: Named): boolean {
  return containers.some((entry) => {
    if (!entry.startsWith('label:')) return globOf(entry).test(name);
    const [key = '', ...rest] = entry.slice('label:'.length).split('=');
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    return value !== undefined && (rest.length === 0 || value === rest.join('='));
  });
}

/** The service it serves, as in telemetry: what the label says, else its own name. */
export function serviceOf({ serviceLabel }: Selection, { name, labels }: Named): string {
  const said = Object.hasOwn(labels, serviceLabel) ? plainLine(labels[serviceLabel] ?? '', 200) : '';
  return said === '' ? name : said;
}

/** Why nothing may act on it, or undefined. `ownHost`: what this process' own machine is called. */
export function protectionOf(id: string, { labels }: Named, ownHost: string): string | undefined {
  if (/^[a-f0-9]{12}$/.test(ownHost) && id.startsWith(ownHost)) return 'Sentinel itself runs in it';
  const why = Object.hasOwn(labels, 'sentinel.protected') ? labels['sentinel.protected'] : undefined;
  if (why !== undefined) return `its label sentinel.protected says so: ${plainLine(why, 100)}`;
  if (Object.hasOwn(labels, 'io.kubernetes.pod.uid'))
    return 'it belongs to a pod: Kubernetes would put it back, so act through a Kubernetes executor';
  return undefined;
}

function globOf(glob: string): RegExp {
  const parts = glob.split('*').map((part) => part.replaceAll(/[.\\+?^${}()|[\]]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
