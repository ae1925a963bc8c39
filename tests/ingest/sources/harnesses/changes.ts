// Shapes: docs.github.com, deployment_status; docs.gitlab.com, "Deployment events"; fluxcd.io, "Events".

import { nowMs } from '../../support/otlp.ts';
import { hmac, iso, minutesAgo, type WayHarness } from '../harness.ts';

const secrets = ['current-secret-of-a-webhook', 'older-secret-of-a-webhook'] as const;
const json = { 'content-type': 'application/json' };
/** Numbers tell deployments apart. */
const numbered = (which: string): number =>
  [...which].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7);

const common = { resolved: null, withBadOne: null } as const;

export const github: WayHarness = {
  ...common,
  source: 'github',
  path: '/api/v1/webhooks/github',
  firing: (which) => ({
    action: 'created',
    deployment_status: {
      id: 17_000 + numbered(which),
      state: 'success',
      description: '',
      environment: 'prod',
      created_at: minutesAgo(5),
      updated_at: minutesAgo(5),
      log_url: 'https://github.com/acme/orders/actions/runs/1',
    },
    deployment: {
      id: numbered(which),
      sha: '9049f1265b7d61be4a8904a9a27120d2064dab3b',
      ref: 'v2.4.1',
      task: 'deploy',
      payload: {},
      environment: 'prod',
      description: 'Orders 2.4.1',
      created_at: minutesAgo(7),
    },
    repository: { id: 35_129_377, name: 'orders', full_name: 'acme/orders', private: true },
    sender: { login: 'octocat', id: 1 },
  }),
  reads: { environment: 'prod', service: 'orders', title: 'Orders 2.4.1', severity: 'info' },
  prove: (body, { secret = secrets[0] } = {}) => ({
    ...json,
    'x-github-event': 'deployment_status',
    'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    'x-hub-signature-256': `sha256=${hmac(secret, 'hex', body)}`,
  }),
  signature: { variable: 'SENTINEL_GITHUB_WEBHOOK_SECRETS', secrets, dated: false },
};

/** As GitLab writes instants. */
const gitlabInstant = iso(nowMs - 5 * 60_000 + 2 * 3_600_000)
  .replace('T', ' ')
  .replace(/\.\d+Z$/, ' +0200');

export const gitlab: WayHarness = {
  ...common,
  source: 'gitlab',
  path: '/api/v1/webhooks/gitlab',
  firing: (which) => ({
    object_kind: 'deployment',
    status: 'success',
    status_changed_at: gitlabInstant,
    deployment_id: numbered(which),
    deployable_id: 796,
    environment: 'prod',
    environment_tier: 'production',
    project: { id: 30, name: 'Orders', path_with_namespace: 'acme/orders', visibility_level: 0 },
    ref: 'v2.4.1',
    short_sha: '279484c0',
    user: { id: 1, name: 'Administrator', username: 'root' },
    commit_url: 'https://gitlab.example.com/acme/orders/-/commit/279484c0',
    commit_title: 'Orders 2.4.1',
  }),
  reads: { environment: 'prod', service: 'orders', title: 'Orders 2.4.1', severity: 'info' },
  prove: (_body, { secret = secrets[0] } = {}) => ({
    ...json,
    'x-gitlab-event': 'Deployment Hook',
    'x-gitlab-token': secret,
  }),
  signature: { variable: 'SENTINEL_GITLAB_WEBHOOK_SECRETS', secrets, dated: false, bare: true },
};

export const flux: WayHarness = {
  ...common,
  source: 'flux',
  path: '/api/v1/webhooks/flux',
  firing: (which) => ({
    involvedObject: {
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      name: 'orders',
      namespace: 'shop',
      uid: '7d0cdc51-ddcf-4743-b223-83ca5c699632',
    },
    severity: 'info',
    timestamp: minutesAgo(5),
    message: 'Helm upgrade succeeded for release shop/orders.v3 with chart orders@2.4.1',
    reason: 'UpgradeSucceeded',
    metadata: { 'helm.toolkit.fluxcd.io/revision': `2.4.1+${which}`, environment: 'prod' },
    reportingController: 'helm-controller',
    reportingInstance: 'helm-controller-7d8c6f4b5-x2k9m',
  }),
  reads: {
    environment: 'prod',
    service: 'orders',
    title: 'HelmRelease orders is at 2.4.1+A',
    severity: 'info',
  },
  prove: (body, { secret = secrets[0] } = {}) => ({
    ...json,
    'x-signature': `sha256=${hmac(secret, 'hex', body)}`,
  }),
  signature: { variable: 'SENTINEL_FLUX_WEBHOOK_SECRETS', secrets, dated: false },
};
