// Texts that Datadog put in place of variables.

/** Empty, too, where there was nothing to put in: Datadog leaves the variable, or writes null. */
export function told(value: string | number | null | undefined): string {
  const text = String(value ?? '').trim();
  return text === 'null' || /^\$[A-Z_]+$/.test(text) ? '' : text;
}

/** Longer lists of tags are cut. */
const longestTags = 20_000;

/** `env:prod,service:orders,monitor`: of a name with several values the first; names are lower case there. */
export function labelsIn(tags: string): Record<string, string> {
  const labels: [string, string][] = tags
    .slice(0, longestTags)
    .split(',')
    .flatMap((tag) => {
      const at = tag.indexOf(':');
      return at <= 0 ? [] : [[tag.slice(0, at).trim().toLowerCase(), tag.slice(at + 1).trim()]];
    });
  return Object.fromEntries(labels.toReversed());
}

const state = '(?:Re-)?(?:Triggered|Warn|No Data|Renotify|Recovered)';
const prefixes = new RegExp(`^(?:\\s*\\[(?:P[1-5]|${state}(?: on \\{[^}]{0,500}\\})?)\\])+\\s*`, 'i');

/** Without the state in front, which changes while the alert is the same: `[P1] [Triggered on {host:a}] Disk is full`. */
export function plainTitle(title: string): string {
  return title.slice(0, 2_000).replace(prefixes, '');
}
