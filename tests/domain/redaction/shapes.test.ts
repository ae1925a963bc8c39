/**
 * Each vendor's form by itself: in a plain sentence, with a tail that is not random, so that no other rule takes it. Made when the
 * test runs; none is a token.
 */
import { expect, test } from 'vitest';
import { redact } from '../../../domain/redaction/redact.ts';

const tail = (length: number, letter = 'a') => letter.repeat(length);

const tokens: readonly string[] = [
  ...['sk-', 'whsec_', 'ghp_', 'github_pat_', 'glpat-', 'xapp-1-', 'npm_', 'pypi-', 'gsk_'],
  ...['xai-', 'pplx-', 'r8_', 'sntl_', 'sntrys_', 'GOCSPX-', 'ya29.', '1//0'],
  ...['IQoJb3JpZ2lu', 'glsa_', 'lin_api_', 'secret_', 'ntn_', 'figd_', 'fm1_', 'fo1_', 'HRKU-'],
  ...['pscale_tkn_', 'sbp_', 'sb_secret_', 'oy2', 'CLOJARS_', 'CCIPAT_', 'bkua_', 'rnd_', 'phx_'],
  ...['tskey-', 'ops_eyJ', 'FLWSECK-', 'rzp_live_', 'access_token$production$', 'live_'],
  ...['nvapi-', 'vercel_', 'b3BlbnNzaC1rZXktdjE', 'rubygems_'],
].map((prefix) => prefix + tail(prefix === 'oy2' ? 43 : 64));

/** Words begin like these, so the tail has to look like more than one. */
const mixed: readonly string[] = [
  'EAAA',
  'EAAC',
  'AIza',
  'dp.pt.',
  'AKC',
  'mfa.',
  'EZAK',
  'cio',
  'eyJ',
  'MIIEv',
].map((prefix) => prefix + 'aB1'.repeat(22));

const built: readonly string[] = [
  `${tail(32)}-us1`,
  `pat${'aB1'.repeat(5).slice(0, 14)}.${'a1'.repeat(22)}`,
  `v1.0-${tail(24)}-${tail(44)}`,
  `sdk-${tail(8)}-${tail(4)}-${tail(4)}-${tail(4)}-${tail(12)}`,
  `dt0c01.${tail(24, 'A')}.${tail(24, 'A')}`,
  `A3-${tail(6, 'A')}-${tail(6, 'A')}-${tail(12, 'A')}`,
  `amzn.mws.${tail(8)}-${tail(4)}-${tail(4)}-${tail(4)}-${tail(12)}`,
  `${tail(9, '1')}:A${tail(34)}`,
];

test.each([...tokens, ...mixed, ...built])('%s is a token wherever it stands', (token) => {
  expect(redact(`see ${token} there`)).not.toContain(token.slice(-20));
});
