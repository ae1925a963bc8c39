/**
 * Temporal refuses to start a workflow with a search attribute that its namespace does not know. The embedded server is started
 * with Sentinel's; any other server is asked, and told, before the first incident needs them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, isGrpcServiceError } from '@temporalio/client';

/** `INDEXED_VALUE_TYPE_KEYWORD` of the protocol. */
const KEYWORD = 2;
/** Of gRPC. */
const ALREADY_EXISTS = 6;
const NOT_FOR_US: readonly number[] = [7, 12, 16]; // permission denied, unimplemented, unauthenticated
const AWAY: readonly number[] = [4, 14]; // deadline exceeded, unavailable

/** A server learns within its cache's refresh of ten seconds; later starts are repeated anyway. */
const EFFECTIVE_MS = 20_000;
const POLL_MS = 250;

export type Registration =
  | { readonly kind: 'present' }
  | { readonly kind: 'registered'; readonly names: readonly string[] }
  /** The server does not say to us which it knows. */
  | { readonly kind: 'unknown'; readonly reason: string };

type Services = Pick<Connection, 'operatorService' | 'workflowService'>;

export type Looked =
  | { readonly kind: 'known'; readonly missing: readonly string[] }
  | Extract<Registration, { kind: 'unknown' }>;

/** Which of these the namespace does not have; changes nothing. Throws with what to do when a name has another type. */
export async function missingSearchAttributes(
  { operatorService }: Pick<Services, 'operatorService'>,
  namespace: string,
  names: readonly string[],
): Promise<Looked> {
  let known: Readonly<Record<string, unknown>>;
  try {
    known = (await operatorService.listSearchAttributes({ namespace })).customAttributes ?? {};
  } catch (error) {
    if (!isGrpcServiceError(error) || ![...NOT_FOR_US, ...AWAY].includes(error.code))
      throw failed(namespace, names, error);
    return { kind: 'unknown', reason: error.details };
  }
  const other = names.filter((name) => name in known && known[name] !== KEYWORD);
  if (other.length > 0) {
    throw new Error(
      `Temporal's namespace ${namespace} has ${other.join(', ')} with another type than Keyword. Remove it there, or give Sentinel a namespace of its own (temporal.namespace).`,
    );
  }
  return { kind: 'known', missing: names.filter((name) => !(name in known)) };
}

/** Registers what is missing, as keywords. Throws with what to do when that is refused, or a name has another type. */
export async function ensureSearchAttributes(
  { operatorService, workflowService }: Services,
  namespace: string,
  names: readonly string[],
): Promise<Registration> {
  const looked = await missingSearchAttributes({ operatorService }, namespace, names);
  if (looked.kind === 'unknown') return looked;
  const { missing } = looked;
  if (missing.length === 0) return { kind: 'present' };
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
  try {
    await operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    // Another process of ours was quicker.
    if (!isGrpcServiceError(error) || error.code !== ALREADY_EXISTS) throw failed(namespace, missing, error);
  }
  await untilEffective(workflowService, namespace, missing);
  return { kind: 'registered', names: missing };
}

async function untilEffective(
  workflowService: Services['workflowService'],
  namespace: string,
  names: readonly string[],
): Promise<void> {
  const query = names.map((name) => `${name} = "none"`).join(' AND ');
  const deadline = performance.now() + EFFECTIVE_MS;
  while (performance.now() < deadline) {
    try {
      await workflowService.listWorkflowExecutions({ namespace, query, pageSize: 1 });
      return;
    } catch {
      await sleep(POLL_MS); // not known everywhere yet
    }
  }
}

function failed(namespace: string, names: readonly string[], cause: unknown): Error {
  const reason = isGrpcServiceError(cause) ? cause.details : String(cause);
  return new Error(
    `Temporal's namespace ${namespace} needs the search attributes ${names.join(', ')}, and they could not be registered: ${reason}. ` +
      `Let an administrator run: ${howToRegister(namespace, names)}`,
    { cause },
  );
}

/** The command for those who may. */
export function howToRegister(namespace: string, names: readonly string[]): string {
  const options = names.map((name) => `--name ${name} --type Keyword`).join(' ');
  return `temporal operator search-attribute create --namespace ${namespace} ${options}`;
}
