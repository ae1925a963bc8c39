// What stands in the way of acting through a cluster: identities that cannot be used, namespaces that are not there, rights
// that are missing. Rights beyond what is needed are a warning: they are what an attacker would get.

import { z } from 'zod';
import { type Finding, ok, warning } from '../../domain/doctor.ts';
import { plainLine } from '../../domain/text.ts';
import { type Api, createApi, KubernetesError } from './api.ts';
import { createIdentity, type Purpose } from './identity.ts';
import { neededRights, type Right } from './rights.ts';
import type { KubernetesSettings } from './settings.ts';

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
    const beyond = await rightsBeyond(apis, settings);
    if (beyond.length > 0)
      return warning(
        title,
        `has every right it needs in cluster ${settings.cluster}, and more: ${shortList(beyond)}`,
        `Take them away: "sentinel executor permissions ${settings.name} --format rbac" prints the least.`,
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
  const asked = settings.namespaces.flatMap((namespace) =>
    neededRights(settings).flatMap((right) => right.verbs.map((verb) => ({ namespace, right, verb }))),
  );
  const answers = await Promise.all(
    asked.map(async ({ namespace, right, verb }) => {
      const { group, resource, purpose } = right;
      const attributes = {
        namespace,
        verb,
        group,
        resource,
        // A namespace is asked for by its own name.
        ...(resource === 'namespaces' ? { name: namespace } : {}),
      };
      const review = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: attributes },
      };
      const body = await ask(apis[purpose], `${reviews}/selfsubjectaccessreviews`, review, purpose);
      const allowed = accessSchema.parse(body).status.allowed;
      return allowed ? [] : [`${verb} ${named(right)} in ${namespace} (${purpose})`];
    }),
  );
  return answers.flat();
}

async function rightsBeyond(
  apis: Readonly<Record<Purpose, Api>>,
  settings: Settings,
): Promise<readonly string[]> {
  const needed = neededRights(settings);
  const purposes: readonly Purpose[] = ['read', 'write'];
  const found = await Promise.all(
    purposes.flatMap((purpose) =>
      settings.namespaces.map(async (namespace) => {
        const review = {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectRulesReview',
          spec: { namespace },
        };
        const body = await ask(apis[purpose], `${reviews}/selfsubjectrulesreviews`, review, purpose);
        const rules = rulesSchema.parse(body).status.resourceRules;
        // One identity for both may do what either of them needs.
        const its = isShared(settings) ? needed : needed.filter((right) => right.purpose === purpose);
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
    return 'Replace the token or certificate; files are read again every minute.';
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
