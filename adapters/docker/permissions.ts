// The requests that an executor makes, as text for whoever sets up the filter before the socket. Containers are asked about by name
// and acted on by id: what takes the name of a container meanwhile is never acted on, so a filter by name is for looks alone.

import type { Verb } from './engine.ts';
import type { DockerSettings } from './executor.ts';

type Rule = {
  readonly method: 'GET' | 'POST';
  /** Regular expression of the path after the version, without its query. */
  readonly path: string;
  readonly means: string;
  readonly optional?: true;
};

const id = '[a-f0-9]{64}';
/** Clients may say which version of the API they speak. */
const version = '(/v1\\.[0-9]{1,2})?';
const verbs: readonly Verb[] = ['restart', 'stop', 'start'];

/** One line for each request: the method, and a regular expression that its whole path has to match. */
export function dockerProxyRules(settings: Pick<DockerSettings, 'name' | 'containers'>): string {
  const lines = rulesFor(settings).map(({ method, path, means, optional }) => {
    const said = optional === true ? `${means}; may be left out` : means;
    return `# ${said}\n${method.padEnd(4)} ^${version}${path}$`;
  });
  return [
    `# The least that executor ${settings.name} needs of its Docker engine. Answer everything else with 403.`,
    '# The whole path has to match, without its query. Containers are acted on by their id: a path says nothing of a name.',
    '# Leave out the actions that you do not want.',
    ...lines,
    '',
  ].join('\n');
}

function rulesFor({ containers }: Pick<DockerSettings, 'containers'>): readonly Rule[] {
  const one = `/containers/${id}`;
  return [
    { method: 'GET', path: '/version', means: '`sentinel doctor`: the version of the engine' },
    { method: 'GET', path: '/containers/json', means: 'finding the containers' },
    {
      method: 'GET',
      path: `/containers/(${[id, ...namesOf(containers)].join('|')})/json`,
      means: 'their state, before and after',
    },
    { method: 'GET', path: `${one}/stats`, means: 'their memory and CPU' },
    {
      method: 'GET',
      path: `${one}/top`,
      means: 'which of their programs hold the memory',
      optional: true,
    },
    {
      method: 'GET',
      path: '/events',
      means: 'ends and failing health checks between two looks',
      optional: true,
    },
    ...verbs.map(
      (verb) => ({ method: 'POST', path: `${one}/${verb}`, means: `the action ${verb}` }) as const,
    ),
  ];
}

/** A label stands for containers of any name. */
function namesOf(containers: readonly string[]): readonly string[] {
  const any = '[a-zA-Z0-9][a-zA-Z0-9_.-]*';
  if (containers.some((entry) => entry.startsWith('label:'))) return [any];
  return containers.map((glob) =>
    glob
      .split('*')
      .map((part) => part.replaceAll('.', '\\.'))
      .join('[a-zA-Z0-9_.-]*'),
  );
}
