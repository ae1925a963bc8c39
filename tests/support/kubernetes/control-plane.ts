/**
 * A whole control plane on free ports of the loopback: etcd, API server with RBAC and an audit log, controllers,
 * scheduler, and nodes that are played (played-nodes.ts): pods run nothing, everything above them is real. It costs ten seconds of
 * processor time, so test files that stay in namespaces of their own share one (`kubernetes-cluster` of the components).
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from 'undici';
import { stringify } from 'yaml';
import { type Api, createApi } from '../../../adapters/kubernetes/api.ts';
import { freePorts } from '../../../adapters/temporal-dev-server/ports.ts';
import { startProcess, stopProcess, tailOf } from '../../../adapters/temporal-dev-server/server-process.ts';
import { eventually } from '../../integration/support/wait.ts';
import type { KubernetesInfo } from '../components/kubernetes.ts';
import { type PlayedNodes, playNodes } from './played-nodes.ts';

/** Who there is; the name of a user is its token, too, followed by `-token`. */
export const users = ['admin', 'reader', 'writer', 'stranger', 'gitops'] as const;
export type User = (typeof users)[number];

/** Plain data: where one is. */
export type ClusterInfo = {
  readonly server: string;
  readonly caFile: string;
  /** Has a context for each user, named like the user. */
  readonly kubeconfig: string;
  /** The same, of a server that nobody listens at. */
  readonly deadKubeconfig: string;
  /** Holds a token that the API server does not know. */
  readonly expiredTokenFile: string;
  readonly auditFile: string;
};

export interface Cluster extends ClusterInfo {
  /** As the administrator. */
  readonly admin: Api;
  api(user: User, server?: string): Api;
  /** Every request so far that the API server has finished, oldest first. */
  audit(): readonly AuditEntry[];
}

/** One that nobody else uses. */
export interface ControlPlane extends Cluster {
  /** While it holds, no controller looks at anything. */
  holdControllers(held: boolean): void;
  stop(): Promise<void>;
}

export type AuditEntry = {
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly requestURI: string;
  readonly objectRef?: {
    readonly resource: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly apiGroup?: string;
    readonly subresource?: string;
  };
  readonly responseStatus?: { readonly code: number };
  /** Of `writer` alone. */
  readonly requestObject?: {
    readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
    readonly spec?: object;
  };
};

/** Debian's etcd has no watch progress: with these, every watch would fall behind by seconds. */
const calmWatches = ['env', 'KUBE_FEATURE_WatchListClient=false'] as const;
const startMs = 120_000;

export function clusterAt(info: ClusterInfo): Cluster {
  const api = (user: User, server = info.server): Api => {
    const dispatcher = new Agent({ connect: { ca: readFileSync(info.caFile) } });
    const access = { server, dispatcher, headers: { Authorization: `Bearer ${user}-token` } };
    return createApi(async () => access, 30_000);
  };
  return { ...info, admin: api('admin'), api, audit: () => auditOf(info.auditFile) };
}

export async function startControlPlane(info: KubernetesInfo): Promise<ControlPlane> {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-kubernetes-'));
  const pids: number[] = [];
  const run = async (name: string, command: readonly [string, ...string[]]): Promise<number> => {
    const pid = await startProcess(command, join(dir, `${name}.log`), 'attached');
    pids.push(pid);
    return pid;
  };
  let nodes: PlayedNodes | undefined;
  const stop = async (): Promise<void> => {
    await nodes?.stop();
    // Whoever stands on another one ends first.
    for (const pid of pids.reverse()) await stopProcess(pid);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const [etcdPort = 0, peerPort = 0, port = 0, managerPort = 0, schedulerPort = 0] = await freePorts(5);
    const etcd = `http://127.0.0.1:${etcdPort}`;
    await run('etcd', [info.etcd, ...etcdOptions(dir, etcd, `http://127.0.0.1:${peerPort}`)]);
    writeFiles(dir);
    await run('apiserver', [...calmWatches, info.apiServer, ...apiServerOptions(dir, etcd, port)]);
    const server = `https://127.0.0.1:${port}`;
    const files = filesOf(dir);
    const { caFile, kubeconfig } = files;
    await ready('the API server', join(dir, 'apiserver.log'), async () => {
      const answer = await clusterAt({ server, ...files }).admin.get('/api/v1/namespaces/default');
      return answer !== null;
    });
    writeFileSync(kubeconfig, kubeconfigOf(server, caFile));
    const [deadPort = 0] = await freePorts(1);
    writeFileSync(files.deadKubeconfig, kubeconfigOf(`https://127.0.0.1:${deadPort}`, caFile));
    writeFileSync(files.expiredTokenFile, 'expired-secret\n');
    const controllers = await run('controllers', [
      ...calmWatches,
      info.controllerManager,
      ...managerOptions(dir, kubeconfig, managerPort),
    ]);
    await run('scheduler', [
      ...calmWatches,
      info.scheduler,
      ...schedulerOptions(dir, kubeconfig, schedulerPort),
    ]);
    const cluster = clusterAt({ server, ...files });
    nodes = await playNodes(cluster.admin, ['node-a', 'node-b', 'node-c']);
    const holdControllers = (held: boolean) => void process.kill(controllers, held ? 'SIGSTOP' : 'SIGCONT');
    return { ...cluster, holdControllers, stop };
  } catch (error) {
    const logs = ['etcd', 'apiserver', 'controllers', 'scheduler'].map((name) =>
      tailOf(join(dir, `${name}.log`)),
    );
    await stop();
    throw new Error(`${(error as Error).message}\n${logs.join('\n')}`, { cause: error });
  }
}

function filesOf(dir: string): Omit<ClusterInfo, 'server'> {
  return {
    caFile: join(dir, 'certs', 'apiserver.crt'),
    kubeconfig: join(dir, 'kubeconfig'),
    deadKubeconfig: join(dir, 'dead-kubeconfig'),
    expiredTokenFile: join(dir, 'expired-token'),
    auditFile: join(dir, 'audit.log'),
  };
}

function ready(what: string, logFile: string, look: () => Promise<boolean>): Promise<boolean> {
  return eventually(`${what} to be ready (${logFile})`, look, startMs);
}

function writeFiles(dir: string): void {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  writeFileSync(join(dir, 'accounts.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }));
  const tokens = users.map(
    (user) => `${user}-token,${user},${user}${user === 'admin' ? ',system:masters' : ''}`,
  );
  writeFileSync(join(dir, 'tokens.csv'), `${tokens.join('\n')}\n`);
  const policy = {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [
      // With what was asked for: it is how the server itself counts effects.
      { level: 'Request', users: ['writer'] },
      { level: 'Metadata', users: users.filter((user) => user !== 'admin') },
      { level: 'None' },
    ],
  };
  writeFileSync(join(dir, 'audit-policy.yaml'), stringify(policy));
}

function etcdOptions(dir: string, client: string, peer: string): string[] {
  return [
    ...['--data-dir', join(dir, 'etcd'), '--unsafe-no-fsync', '--log-level', 'error'],
    ...['--listen-client-urls', client, '--advertise-client-urls', client],
    ...[
      '--listen-peer-urls',
      peer,
      '--initial-advertise-peer-urls',
      peer,
      '--initial-cluster',
      `default=${peer}`,
    ],
  ];
}

function apiServerOptions(dir: string, etcd: string, port: number): string[] {
  return [
    ...['--etcd-servers', etcd, '--bind-address', '127.0.0.1', '--secure-port', String(port)],
    ...['--cert-dir', join(dir, 'certs'), '--token-auth-file', join(dir, 'tokens.csv')],
    ...['--service-account-issuer', 'https://kubernetes.default.svc'],
    ...['--service-account-key-file', join(dir, 'accounts.key')],
    ...['--service-account-signing-key-file', join(dir, 'accounts.key')],
    ...['--service-cluster-ip-range', '10.0.0.0/24', '--authorization-mode', 'RBAC'],
    ...['--disable-admission-plugins', 'ServiceAccount,TaintNodesByCondition'],
    ...['--audit-policy-file', join(dir, 'audit-policy.yaml'), '--audit-log-path', filesOf(dir).auditFile],
    '--feature-gates=WatchList=false',
  ];
}

/**
 * Those that workloads are made of: each other one watches, and costs, for nothing. None that misses the heartbeats of nodes,
 * which played ones do not send.
 */
const controllers = [
  ...['deployment', 'replicaset', 'statefulset', 'daemonset', 'job', 'disruption'],
  ...['horizontal-pod-autoscaler', 'namespace', 'garbage-collector', 'pod-garbage-collector'],
].map((name) => `${name}-controller`);

function managerOptions(dir: string, kubeconfig: string, port: number): string[] {
  return [
    ...['--kubeconfig', kubeconfig, '--leader-elect=false', '--use-service-account-credentials=false'],
    ...['--service-account-private-key-file', join(dir, 'accounts.key')],
    ...['--bind-address', '127.0.0.1', '--secure-port', String(port), '--cert-dir', join(dir, 'certs')],
    ...['--controllers', controllers.join(',')],
    ...['--horizontal-pod-autoscaler-sync-period', '1s'],
  ];
}

function schedulerOptions(dir: string, kubeconfig: string, port: number): string[] {
  return [
    ...['--kubeconfig', kubeconfig, '--leader-elect=false'],
    ...['--bind-address', '127.0.0.1', '--secure-port', String(port), '--cert-dir', join(dir, 'certs')],
  ];
}

function kubeconfigOf(server: string, caFile: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': caFile } }],
    users: users.map((name) => ({ name, user: { token: `${name}-token` } })),
    contexts: users.map((name) => ({ name, context: { cluster: 'test', user: name } })),
    'current-context': 'admin',
  });
}

function auditOf(file: string): readonly AuditEntry[] {
  const text = readFileSync(file, 'utf8');
  // The last line may still be written.
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditEntry);
}
