// Rules for what node-exporter, cAdvisor and any scrape show. Sources: github.com/prometheus/node_exporter, collectors;
// github.com/google/cadvisor, docs/storage/prometheus.md.

import { containerServiceLabels } from '../../domain/alerts/container-labels.ts';
import { percent, plainMs } from '../../domain/detection/names.ts';
import type { Preset } from '../monitor-rules/rules.ts';

type Surroundings = {
  /** Matchers for every selector, without braces; may be empty. */
  readonly match: string;
  /** What rates are taken over. */
  readonly windowSeconds: number;
  /** Labels that name the environment. */
  readonly environmentLabels: readonly string[];
};

const share = { fires: 'above', forSeconds: 300, severity: 'warning' } as const;
const shareMetric = (name: string, ...attributes: string[]) => ({ name, unit: '1', attributes });
const isAt =
  (what: string) =>
  (value: number, limit: number): string =>
    `${what} is at ${percent(value)}, over ${percent(limit)}`;

const select = (metric: string, match: string, ...own: string[]): string =>
  `${metric}{${[...own, match].filter((part) => part !== '').join(',')}}`;

const realDisks = 'fstype!~"tmpfs|ramfs|overlay|squashfs|erofs|iso9660|autofs|nsfs|fuse.lxcfs"';
const realLinks = 'device!~"lo|veth.*|docker.*|br-.*|cni.*|flannel.*|cali.*"';
const realContainers = ['image!=""', 'container!="POD"'];

/** Of what is not measured: 25 ms, and 2 ms for each megabyte and 100 ms for each error in a second. */
function estimatedLatency(
  family: string,
  match: string,
  link: string,
  by: string,
  windowSeconds: number,
): string {
  const both = (what: string): string =>
    ['receive', 'transmit']
      .map(
        (way) =>
          `sum without (${by}) (rate(${select(`${family}_${way}_${what}_total`, match, link)}[${windowSeconds}s]))`,
      )
      .join(' + ');
  const errors = family === 'node_network' ? 'errs' : 'errors';
  return `25 + 2 * (${both('bytes')}) / 1e6 + 100 * (${both(errors)})`;
}
const latency = {
  limit: 200,
  fires: 'above',
  forSeconds: 300,
  severity: 'warning',
  title: (value: number, limit: number) =>
    `network latency is about ${plainMs(value)}, over ${plainMs(limit)}`,
} as const;
const latencyMetric = { name: 'network.latency', unit: 'ms', attributes: [] };

/** Of a container without a limit of its own the machine is the limit. */
function ofLimit(used: string, limit: string, machine: string): string {
  return `${used} / (${limit}) or (${used} unless (${limit})) / on (instance) group_left ${machine}`;
}

export const presets = {
  nodeMemory: {
    ...{ about: 'Memory of a machine in use', limit: 0.6, ...share, title: isAt('memory') },
    query: ({ match }) =>
      `1 - ${select('node_memory_MemAvailable_bytes', match)} / ${select('node_memory_MemTotal_bytes', match)}`,
    metric: shareMetric('system.memory.utilization'),
  },
  nodeCpu: {
    ...{ about: 'Processors of a machine in use', limit: 0.8, ...share, title: isAt('CPU') },
    query: ({ match, windowSeconds }) => {
      const spent = (...own: string[]): string =>
        `sum without (cpu, mode) (rate(${select('node_cpu_seconds_total', match, ...own)}[${windowSeconds}s]))`;
      // Of what was spent in all, so that a machine that is only just scraped is not thought to be busy.
      return `1 - ${spent('mode="idle"')} / ${spent()}`;
    },
    metric: shareMetric('system.cpu.utilization'),
  },
  nodeDisk: {
    ...{ about: 'A file system of a machine in use', limit: 0.95, ...share },
    query: ({ match }) => {
      const of = (metric: string): string => select(`node_filesystem_${metric}`, match, realDisks);
      return `1 - ${of('avail_bytes')} / ${of('size_bytes')} unless ${of('readonly')} == 1`;
    },
    title: (value, limit, { mountpoint = 'a file system' }) =>
      `${mountpoint} is ${percent(value)} full, over ${percent(limit)}`,
    metric: shareMetric('system.filesystem.utilization', 'mountpoint', 'device'),
  },
  nodeNetwork: {
    ...latency,
    about:
      'Network latency of a machine in milliseconds, as the blackbox exporter measures it by ICMP; estimated where it does not: 25, and 2 for each megabyte and 100 for each error in a second',
    query: ({ match, windowSeconds }) => {
      const byHost = (expression: string): string =>
        `label_replace(${expression}, "host", "$1", "instance", "([^:]+)(:[0-9]+)?")`;
      const measured = byHost(`1000 * ${select('probe_icmp_duration_seconds', match, 'phase="rtt"')}`);
      const estimated = byHost(estimatedLatency('node_network', match, realLinks, 'device', windowSeconds));
      return `${measured} or (${estimated} unless on (host) ${measured})`;
    },
    metric: latencyMetric,
  },
  containerMemory: {
    ...{
      about: 'Memory of a container in use, of its limit or of the machine',
      limit: 0.6,
      ...share,
      title: isAt('memory'),
    },
    query: ({ match }) =>
      ofLimit(
        select('container_memory_working_set_bytes', match, ...realContainers),
        `${select('container_spec_memory_limit_bytes', match, ...realContainers)} > 0`,
        select('machine_memory_bytes', match),
      ),
    metric: shareMetric('container.memory.utilization', 'container', 'name'),
  },
  containerCpu: {
    ...{
      about: 'Processors of a container in use, of its quota or of the machine',
      limit: 0.8,
      ...share,
      title: isAt('CPU'),
    },
    query: ({ match, windowSeconds }) =>
      ofLimit(
        `sum without (cpu) (rate(${select('container_cpu_usage_seconds_total', match, ...realContainers)}[${windowSeconds}s]))`,
        `(${select('container_spec_cpu_quota', match, ...realContainers)} > 0) / ${select('container_spec_cpu_period', match, ...realContainers)}`,
        select('machine_cpu_cores', match),
      ),
    metric: shareMetric('container.cpu.utilization', 'container', 'name'),
  },
  containerDisk: {
    ...{ about: 'A file system of a container in use', limit: 0.95, ...share, title: isAt('its disk') },
    query: ({ match }) =>
      `${select('container_fs_usage_bytes', match, ...realContainers)} / (${select('container_fs_limit_bytes', match, ...realContainers)} > 0)`,
    metric: shareMetric('container.filesystem.utilization', 'container', 'name', 'device'),
  },
  containerNetwork: {
    ...latency,
    about: 'Network latency of a container in milliseconds, estimated as for machines',
    query: ({ match, windowSeconds }) =>
      estimatedLatency('container_network', match, 'id=~"/.+",interface!="lo"', 'interface', windowSeconds),
    metric: latencyMetric,
  },
  containerDown: {
    ...{ limit: 60, fires: 'above', forSeconds: 30, severity: 'critical' },
    about:
      'Seconds since cAdvisor saw a container last that it saw within the hour. Pods are left out: those that are replaced are meant to be gone',
    query: ({ match, environmentLabels }) => {
      const noPod = ['name!=""', 'pod=""', 'container_label_io_kubernetes_pod_name=""'];
      const by = ['instance', 'job', 'name', ...containerServiceLabels, ...environmentLabels].join(', ');
      const seen = `last_over_time(${select('container_last_seen', match, ...noPod)}[1h])`;
      // While cAdvisor itself is away nothing is known.
      return `time() - max by (${by}) (${seen}) and on (instance, job) ${select('up', match)} == 1`;
    },
    title: (value, _limit, { name = 'it' }) =>
      `container ${name} is down: last seen ${Math.round(value)} s ago`,
  },
  targetDown: {
    ...{
      about: 'Whether a target can be scraped',
      limit: 1,
      fires: 'below',
      forSeconds: 120,
      severity: 'warning',
    },
    query: ({ match }) => select('up', match),
    title: (_value, _limit, { job = '', instance = '' }) => `${job} at ${instance} cannot be scraped`,
    metric: { name: 'up', unit: '1', attributes: [] },
  },
  jobAbsent: {
    ...{ limit: 1, fires: 'below', forSeconds: 300, severity: 'warning' },
    about: 'How many targets a job has that had some within the hour',
    query: ({ match, environmentLabels }) => {
      const by = ['job', ...environmentLabels].join(', ');
      const up = select('up', match);
      return `count by (${by}) (${up}) or 0 * count by (${by}) (last_over_time(${up}[1h]))`;
    },
    title: (_value, _limit, { job = '' }) => `no target of ${job} is there any more`,
  },
} as const satisfies Readonly<Record<string, Preset<Surroundings>>>;
