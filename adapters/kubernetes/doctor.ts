// What stands in the way of acting through a cluster: identities that cannot be used, namespaces that are not there, rights
// that are missing. Rights beyond what is needed are a warning: they are what an attacker would get.

import { z } from 'zod';
import { type Finding, ok, warning } from '../../domain/doctor.ts';
import { plainLine } from '../../domain/text.ts';
import { type Api, createApi, KubernetesError } from './api.ts';
import { openCluster } from './cluster.ts';
import { createIdentity, type Purpose } from './identity.ts';
import { isNeededIn, namespacesOf, neededRights, type Right } from './rights.ts';
import { type KubernetesSettings, nodeActions } from './settings.ts';
import { pausedForLong } from './watch/paused.ts';
import { watchProblem } from './watch/probe.ts';

const reviews = '/apis/authorization.k8s.io/v1';
const shownAtMost = 8;

const accessSchema = z.looseObject({ status: z.looseObject({ allowed: z.boolean() }) });
const rulesSchema = z.looseObject({
  status: z.looseObject({
    resourceRules: z.array(
      z.looseObject({
        verbs: z.array(z.string()),
        apiGroups: z.array(z.string()).default([]),
        resources: z.array(z.string()).default([]),
      }),
    ),
  }),
});

type Settings = KubernetesSettings & { readonly name: string };

export async function checkKubernetes(settings: Settings): Promise<Finding> {
  const title = `Executor ${settings.name}`;
  const mismatch = nodesMismatch(settings);
  if (mismatch !== null)
    return warning(
      title,
      mismatch,
      'Name both in executors[].nodes and executors[].actions, or neither; docs/kubernetes.md.',
    );
  try {
    const apis = apisOf(settings);
    const absent = await absentNamespaces(apis.read, settings);
    const missing = await missingRights(apis, settings);
    if (absent.length > 0)
      return warning(
        title,
        `cluster ${settings.cluster} has no ${absent.length === 1 ? 'namespace' : 'namespaces'} ${absent.join(', ')}`,
        'Correct executors[].namespaces; nothing is seen there.',
      );
    if (missing.length > 0)
      return warning(
        title,
        `missing rights in cluster ${settings.cluster}: ${shortList(missing)}`,
        `Grant them: "sentinel executor permissions ${settings.name} --format rbac" prints exactly what is needed.`,
      );
    const unheard = await watchProblem(apis.read, settings);
    if (unheard !== null)
      return warning(
        title,
        `cluster ${settings.cluster}: its namespaces cannot be followed: ${plainLine(unheard, 500)}`,
        'What stands between has to pass answers on while they come; or set executors[].watch: false, and nothing is told of the cluster.',
      );
    const beyond = await rightsBeyond(apis, settings);
    if (beyond.length > 0)
      return warning(
        title,
        `has every right it needs in cluster ${settings.cluster}, and more: ${shortList(beyond)}`,
        `Take them away: "sentinel executor permissions ${settings.name} --format rbac" prints the least.`,
      );
    const paused = await pausedTooLong(settings);
    if (paused.length > 0)
      return warning(
        title,
        `paused by Sentinel for more than ${settings.pauseOwners?.tellAfterMinutes} min in cluster ${settings.cluster}: ${shortList(paused)}`,
        'Put what should last into Git, then resume it with the command in brackets.',
      );
    return ok(
      title,
      `cluster ${settings.cluster}: every right it needs, and none beyond, in ${settings.namespaces.join(', ')}`,
    );
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return warning(
      title,
      `cluster ${settings.cluster}: ${plainLine(said, 500)}`,
      adviceFor(error) ?? 'Correct it, then run "sentinel doctor" again; until then nothing is done there.',
    );
  }
}

/** What waits for people to put the fix into Git and give it back. */
async function pausedTooLong(settings: Settings): Promise<readonly string[]> {
  const { pauseOwners } = settings;
  if (pauseOwners === undefined) return [];
  const states = await openCluster(settings, Date.now).observe('');
  return pausedForLong(states, pauseOwners.tellAfterMinutes, Date.now()).map(
    ({ name, sinceMs, resumeWith }) => `${name} since ${new Date(sinceMs).toISOString()} (${resumeWith})`,
  );
}

/** Why what is configured of nodes comes to nothing; null when it does not. */
function nodesMismatch({ nodes, actions }: Settings): string | null {
  const ofNodes = nodeActions.filter((action) => actions.includes(action));
  if (nodes.length === 0 && ofNodes.length > 0)
    return `it may ${ofNodes.join(', ')}, and no nodes are named: none is seen`;
  if (nodes.length > 0 && ofNodes.length === 0)
    return `nodes ${nodes.join(', ')} are named, and nothing may be done to them`;
  return ofNodes.includes('drain-node') && !ofNodes.includes('uncordon')
    ? 'it may drain-node and not uncordon, so that a drain could not be undone'
    : null;
}

function apisOf(settings: Settings): Readonly<Record<Purpose, Api>> {
  const timeoutMs = settings.requestTimeoutSeconds * 1_000;
  const of = (purpose: Purpose) => createApi(createIdentity(settings, purpose), timeoutMs);
  return { read: of('read'), write: of('write') };
}

async function absentNamespaces(read: Api, { namespaces }: Settings): Promise<readonly string[]> {
  const found = await Promise.all(
    namespaces.map(async (namespace) => {
      try {
        return (await read.get(`/api/v1/namespaces/${encodeURIComponent(namespace)}`)) !== null;
      } catch (error) {
        // Whether it is there, somebody without rights in it cannot tell; the missing right is named below.
        if (error instanceof KubernetesError && error.code === 'permission-denied') return true;
        throw error;
      }
    }),
  );
  return namespaces.filter((_, index) => !found[index]);
}

async function missingRights(
  apis: Readonly<Record<Purpose, Api>>,
  settings: Settings,
): Promise<readonly string[]> {
  const asked = neededRights(settings).flatMap((right) =>
    placesOf(right, settings).flatMap((place) => right.verbs.map((verb) => ({ ...place, right, verb }))),
  );
  const answers = await Promise.all(
    asked.map(async ({ namespace, name, right, verb }) => {
      const { group, purpose } = right;
      const [resource, subresource] = right.resource.split('/');
      const attributes = {
        ...{ verb, group, resource },
        ...(subresource === undefined ? {} : { subresource }),
        ...(namespace === undefined ? {} : { namespace }),
        ...(name === undefined ? {} : { name }),
      };
      const review = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: attributes },
      };
      const body = await ask(apis[purpose], `${reviews}/selfsubjectaccessreviews`, review, purpose);
      const allowed = accessSchema.parse(body).status.allowed;
      const where = namespace === undefined ? 'in the whole cluster' : `in ${namespace}`;
      const which = right.cluster === undefined || name === undefined ? '' : ` ${name}`;
      return allowed ? [] : [`${verb} ${named(right)}${which} ${where} (${purpose})`];
    }),
  );
  return answers.flat();
}

type Place = { readonly namespace?: string; readonly name?: string };

/** Where a right is asked about: a namespace by its own name, too, and a node that is named by that. */
function placesOf({ cluster, resource, namespaces: own }: Right, { namespaces }: Settings): readonly Place[] {
  if (cluster !== undefined)
    return cluster.names.length === 0 ? [{}] : cluster.names.map((name) => ({ name }));
  return (own ?? namespaces).map((namespace) => ({
    namespace,
    ...(resource === 'namespaces' ? { name: namespace } : {}),
  }));
}

async function rightsBeyond(
  apis: Readonly<Record<Purpose, Api>>,
  settings: Settings,
): Promise<readonly string[]> {
  const needed = neededRights(settings);
  const purposes: readonly Purpose[] = ['read', 'write'];
  const found = await Promise.all(
    purposes.flatMap((purpose) =>
      namespacesOf(settings).map(async (namespace) => {
        const review = {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectRulesReview',
          spec: { namespace },
        };
        const body = await ask(apis[purpose], `${reviews}/selfsubjectrulesreviews`, review, purpose);
        const rules = rulesSchema.parse(body).status.resourceRules;
        // One identity for both may do what either of them needs.
        const here = needed.filter(
          (right) => right.cluster !== undefined || isNeededIn(right, namespace, settings),
        );
        const its = isShared(settings) ? here : here.filter((right) => right.purpose === purpose);
        return beyond(rules, its).map((text) => `${text} in ${namespace} (${purpose})`);
      }),
    ),
  );
  return [...new Set(found.flat())];
}

type Rule = {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
};

/** Everybody may ask who he is and what he may. */
const everybodys = /^(authorization|authentication)\.k8s\.io$/;

function beyond(rules: readonly Rule[], needed: readonly Right[]): readonly string[] {
  return rules.flatMap(({ verbs, apiGroups, resources }) =>
    apiGroups
      .filter((group) => !everybodys.test(group))
      .flatMap((group) =>
        resources.flatMap((resource) => {
          const granted = needed
            .filter((right) => right.group === group && right.resource === resource)
            .flatMap((right) => right.verbs);
          const more = verbs.filter((verb) => !granted.includes(verb));
          return more.length === 0 ? [] : [`${more.join(', ')} ${named({ group, resource })}`];
        }),
      ),
  );
}

function isShared({ readContext, writeContext, readTokenFile, writeTokenFile }: Settings): boolean {
  return (writeContext ?? readContext) === readContext && writeTokenFile === readTokenFile;
}

async function ask(api: Api, path: string, body: object, purpose: Purpose): Promise<unknown> {
  const answer = await api.change({ method: 'POST', path, body });
  if (answer.kind === 'ok') return answer.body;
  const code = answer.kind === 'refused' ? answer.code : 'unreachable';
  throw new KubernetesError(
    code,
    `asking what the identity for ${purpose === 'read' ? 'reading' : 'changes'} may do: ${answer.reason}`,
  );
}

function adviceFor(error: unknown): string | null {
  if (!(error instanceof KubernetesError)) return null;
  if (error.code === 'expired-credentials')
    return 'Correct or replace the credentials; files are read again every minute.';
  return error.code === 'unreachable'
    ? "Check the server's address in the kubeconfig, and the way there."
    : null;
}

const named = ({ group, resource }: Pick<Right, 'group' | 'resource'>) =>
  group === '' ? resource : `${resource}.${group}`;

function shortList(texts: readonly string[]): string {
  const more = texts.length - shownAtMost;
  return `${texts.slice(0, shownAtMost).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
