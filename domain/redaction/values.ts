// What a value looks like: plainly no secret, a plain word, or something that somebody may have thought up as a secret.

import type { Secrecy } from './keys.ts';

const states =
  /^(?:true|false|yes|no|null|nil|none|undefined|nan|ok|on|off|n\/a|required|missing|invalid|incorrect|wrong|expired|expiring|expires|empty|unset|rejected|denied|failed|failure|fail|fails|mismatch|mismatched|changed|reset|updated|update|accepted|valid|unknown|disabled|enabled|rotated|revoked|not|must|is|was|are|were|has|have|had|cannot|can|could|too|does|did|do|for|and|or|absent|present|optional|hidden|masked|redacted|filtered|set|given|provided|needed|unavailable|unauthorized|forbidden|success|successful|succeeded|the|a|an|of|in|at|to|by|from|with|if|when|will|should|may|parsing|validation|verified|verification|include|omit|same-origin|string|str|number|boolean|object|bearer|basic|oauth|oauth2|oidc|ldap|saml|ntlm|kerberos|negotiate|digest|anonymous|default|auto|strict|lax|in-memory|refreshed|renewed|issued|created|deleted|stored|loaded|loading|found|granted|cleared|matches|match|error|errors|timeout|pending|active|inactive|started|ended|closed|opened|new|old|field|length|count|type|policy|using)$/i;

/** Stands for a secret without being it: a mask, a variable, a reference to a vault, a conversion of a format string. */
const standIn =
  /^(?:[*•xX#.…-]{2,}|\[[A-Za-z _-]{2,20}\]|<[A-Za-z*_ -]{1,24}>|\(?(?:redacted|hidden|masked)\)?|\$\{[^}]{0,80}\}|\$\([^)]{0,80}\)|\$[A-Z][A-Z0-9_]+|\$\d{1,3}|%[A-Z_]{2,40}%|\{\{.{0,80}\}\}|%[-+ #0]{0,3}\d{0,3}[sdvqxT]|(?:vault|op|ssm|secretsmanager|awssm|gcpsm|akv|env|file|ref\+[a-z]{2,20}):[\w/.:#@-]{1,200}|arn:aws[\w-]{0,10}:(?:secretsmanager|ssm|kms):\S{1,200}|projects\/[\w-]{1,60}\/secrets\/\S{1,100}|process\.env\.\w{1,80}|os\.environ\S{0,80}|secretKeyRef|valueFrom)$/;

/** Whether the value of a name of that secrecy has to go. `value` is without its quotes. */
export function isSecretValue(value: string, secrecy: Exclude<Secrecy, 'none'>): boolean {
  const bare = value.trim().replace(/[.,;:!?]{1,3}$/, '');
  if (bare === '' || states.test(bare) || standIn.test(bare)) return false;
  // The place of a file that holds it; how often, how many.
  if (/^(?:\/[\w.@-]{1,100}){1,40}\/?$/.test(bare) || /^\d{1,2}$/.test(bare)) return false;
  if (secrecy === 'always') return true;
  if (secrecy === 'session' && uuid.test(bare)) return false;
  if (secrecy === 'digits') return /^\d{3,8}$/.test(bare);
  // A count, a duration, a share, a position.
  if (/^[-+]?[\d.,_]{1,7}\s?(?:%|ms|s|m|h|d|kb|mb|gb|b|k)?$/i.test(bare)) return false;
  if (/^\d{1,4}\/\d{1,4}$/.test(bare)) return false;
  return bare.length >= 6 && (isMixed(bare) || bare.length >= 24);
}

export function isState(word: string): boolean {
  const bare = word.replace(/^[("'`[]+|[)"'`\].,;:!?]+$/g, '');
  return bare === '' || states.test(bare) || standIn.test(bare);
}

/** More than letters of one case: what people and generators make secrets of. Instants, versions and paths are not. */
export function isMixed(word: string): boolean {
  if (/^\d{4}-\d\d-\d\d(?:[T ]|$)/.test(word) || /^v?\d{1,5}(?:\.\d{1,5}){1,3}(?:-[\w.]{1,20})?$/.test(word))
    return false;
  if (/^(?:\/[\w.-]*){2,}$/.test(word) || /^\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?$/.test(word)) return false;
  if (/^[-+]?[\d.,:]+(?:%|[a-zA-Z]{1,3})?$/.test(word)) return false;
  const kinds =
    Number(/[a-z]/.test(word)) +
    Number(/[A-Z]/.test(word.slice(1)) && /[a-z]/.test(word)) +
    Number(/\d/.test(word)) +
    Number(/[!@#$%^&*+=?~|\\]/.test(word));
  return kinds >= 2 && !isName(word);
}

/** `NullPointerException`, `order-service`, `checkout_total`, `orders.v2.created`, `web-01`: words put together. */
function isName(word: string): boolean {
  return word
    .split(/[-_.:/]/)
    .every((part) =>
      /^(?:[A-Z]?[a-z]{2,24}|[A-Z]{1,6})(?:[A-Z]{1,5}(?:[a-z]{2,24}|s))*[A-Z]{0,4}$|^v?\d{0,3}$|^[A-Za-z]{1,2}$/.test(
        part,
      ),
    );
}

export const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
