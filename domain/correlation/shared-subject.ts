// Whether two that say the same can be about one thing. Alike words alone prove nothing: monitoring says "high error rate" of
// everything. So the subjects have to agree as well, and no label may contradict.

import type { CommonKind } from '../alerts/common.ts';
import { type Described, wholeWord } from '../memory/description.ts';
import type { ServiceGraph } from './service-graph.ts';

/** Why two may be about one thing, for people; null: nothing says so, or something speaks against it. */
export function sharedSubject(one: Described, other: Described, graph: ServiceGraph): string | null {
  if (places.some((kind) => differ(one.common[kind], other.common[kind]))) return null;
  const [left, right] = [one.service, other.service];
  if (left === right) return `${right} has it as well`;
  if (graph.partOf(left) !== null && graph.partOf(right) !== null)
    return graph.around(left).has(right) ? `near ${right} in the service graph` : null;
  if (one.common.node !== undefined && one.common.node === other.common.node)
    return `on node ${one.common.node} like ${right}`;
  const name = bareName(left);
  if (name !== '' && name === bareName(right)) return `${left} is ${right} by another name`;
  if (names(one.title, right) || names(other.title, left)) return `${left} and ${right} are told as one`;
  return null;
}

/** What is at another place is something else. */
const places: readonly CommonKind[] = ['node', 'zone', 'region', 'cluster'];

function differ(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

/** Words that say what kind of thing carries the name, and where it runs. */
const kinds = new Set(
  'api app application backend consumer deployment prod production server service svc worker'.split(' '),
);

/** `prod-checkout-api` and `checkout` name one thing. */
function bareName(service: string): string {
  return service
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => !kinds.has(part) && !/^v\d{1,3}$/.test(part))
    .join('-');
}

/** Whether a text names a service: one whose name is more than a kind, and no short word. */
function names(text: string, service: string): boolean {
  return service.length > 3 && bareName(service) !== '' && wholeWord(service).test(text);
}
