/**
 * What a child process gets to see of our environment: nothing but names from a list. The rest holds secrets, ours and those of
 * whatever else runs in the same shell, and whoever can look into the child could read them.
 */

/** Who and where one is, and the language. */
const always = ['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'TZ', 'LANG', 'LC_ALL', 'XDG_CACHE_HOME'];

/** Getting something over the network, or building it. */
const network = [
  ...[
    'http_proxy',
    'https_proxy',
    'no_proxy',
    'all_proxy',
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'NO_PROXY',
    'ALL_PROXY',
  ],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS', 'GIT_SSL_CAINFO'],
  ...[
    'GOPATH',
    'GOROOT',
    'GOCACHE',
    'GOMODCACHE',
    'GOPROXY',
    'GOSUMDB',
    'GONOSUMDB',
    'GOFLAGS',
    'GOTOOLCHAIN',
  ],
];

export type ChildSees = 'itself' | 'network';

/** The command, run with a clean environment in the same process: its process id is the command's. */
export function cleanly(
  command: readonly [string, ...string[]],
  sees: ChildSees = 'itself',
): [string, ...string[]] {
  const names = sees === 'itself' ? always : [...always, ...network];
  const keep = names.map((name) => `[ -z "\${${name}+set}" ] || set -- ${name}="$${name}" "$@"`).join('\n');
  return ['/bin/sh', '-c', `${keep}\nexec /usr/bin/env -i "$@"`, 'clean', ...command];
}
