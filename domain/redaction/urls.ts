// Credentials in addresses: before the host, and in queries and fragments.

import { secrecyOf } from './keys.ts';
import { redactedMark, type Span, withoutSpans } from './mark.ts';
import { isMixed, isSecretValue } from './values.ts';

/** `scheme://user:password@host`, also inside another address and escaped. */
const scheme = /\b[a-z][a-z0-9+.-]{1,30}(?::|%3A)(?:\/|\\\/|%2F){2}/gi;
const parameter =
  /([?&#;]|%3F|%26)([\w.$[\]-]{1,60})(=|%3D)([^&#\s"'<>;\\]{1,2000}?)(?=%26|[&#\s"'<>;\\)\],]|$)/gi;

export function redactUrls(text: string): string {
  const withoutUsers = withoutSpans(text, /@|%40/.test(text) ? userSpans(text) : []);
  if (!/[?&#;]|%3F|%26/.test(withoutUsers)) return withoutUsers;
  return withoutUsers.replace(
    parameter,
    (whole, mark: string, name: string, equals: string, value: string) =>
      isSecretParameter(name, value) ? `${mark}${name}${equals}${redactedMark}` : whole,
  );
}

function userSpans(text: string): Span[] {
  const spans: Span[] = [];
  for (const { index, 0: before } of text.matchAll(scheme)) {
    const from = index + before.length;
    const rest = /^(?:[^\s"'<>]|<[a-z*]{1,5}>){0,400}/.exec(text.slice(from, from + 400))?.[0] ?? '';
    const to = endOfAuthority(rest);
    if (to > 0)
      spans.push(
        ...hidden(rest.slice(0, to)).map((span) => ({ from: from + span.from, to: from + span.to })),
      );
  }
  return spans;
}

/** Where the `@` is that ends the user information; -1 when there is none. */
function endOfAuthority(rest: string): number {
  // An unescaped `/`, `?`, `#` or `@` in a password: everything up to the last `@` that a host follows.
  const longest =
    /^[^@/\s:]{0,64}:(?!\d{1,5}(?:[/?#]|$))[^\s]{1,200}@(?=[\w.-]{1,253}(?::\d{1,5})?(?:[/?#,;&]|$))/.exec(
      rest,
    );
  if (longest !== null) return longest[0].length - 1;
  const path = rest.search(/[/?#\\]/);
  const authority = path < 0 ? rest : rest.slice(0, path);
  return Math.max(authority.lastIndexOf('@'), authority.toLowerCase().lastIndexOf('%40'));
}

/** A name alone is none (`git@github.com`), unless it is made by chance: some services take their token as the user. */
function hidden(user: string): Span[] {
  const parts = /^([^:%]{0,200})(?::|%3A)/i.exec(user);
  const name = parts?.[1] ?? user;
  const password = parts === null ? '' : user.slice(parts[0].length);
  const spans = name.length >= 16 && isMixed(name) ? [{ from: 0, to: name.length }] : [];
  if (password === '' || password === redactedMark || /^\$\{.{1,80}\}$|^\*+$/.test(password)) return spans;
  return [...spans, { from: user.length - password.length, to: user.length }];
}

function isSecretParameter(name: string, value: string): boolean {
  if (value === redactedMark) return false;
  const secrecy = secrecyOf(name);
  if (secrecy !== 'none') return isSecretValue(value, secrecy);
  return (
    /^(?:code|key|state|ticket|hash|sign|k|t|s)$/i.test(name) &&
    value.length >= 20 &&
    isMixed(value) &&
    !/^\d+$/.test(value)
  );
}
