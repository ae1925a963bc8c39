// Which route a path means. Exporters are given addresses with a slash at the end and post to `//v1/logs`, others write
// `/v1/logs/`, and the API had no version in its paths at first: all of them mean one route.

/** The version of the API. What it answers under this name stays compatible. */
export const apiVersion = 'v1';

/** The path as routes are written: one slash between parts, none at the end, and the version of the API after `/api`. */
export function routePath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  const [first, second] = parts;
  // `/api/v2/…` is another version, or the API of another product that senders speak: never one of ours in disguise.
  if (first === 'api' && second !== undefined && !/^v\d+$/.test(second)) parts.splice(1, 0, apiVersion);
  return `/${parts.join('/')}`;
}
