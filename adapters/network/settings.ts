// Addresses as several vendors take them in their settings.

import { z } from 'zod';

export const httpUrl = z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' });

/** A password in the file would end in a repository; the environment is the only way in. */
export function urlWithoutPassword(protocols: RegExp, variable: string, error: string) {
  return z.url({ protocol: protocols, hostname: /./, error }).refine((url) => !hasPassword(url), {
    error: `contains a password: remove it here and set ${variable} in the environment`,
  });
}

function hasPassword(url: string): boolean {
  return URL.canParse(url) && new URL(url).password !== '';
}
