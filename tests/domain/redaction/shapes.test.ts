/**
 * Each vendor's form by itself: in a plain sentence, with a tail that is not random, so that no other rule takes it. Made when the
 * test runs; none is a token.
 */
import { expect, test } from 'vitest';
import { redact } from '../../../domain/redaction/redact.ts';
import { tokenShapes } from '../../../domain/redaction/token-shapes.ts';

/** Nothing by chance: one letter again and again, and one digit among them. */
const tail = (length: number, letter = 'a') => `${letter}1${letter.repeat(length - 2)}`;
const plain = (length: number, letter = 'a') => letter.repeat(length);
const uuid = [8, 4, 4, 4, 12].map((length) => plain(length)).join('-');

/** A prefix and whatever follows. */
const prefixed: readonly string[] = [
  ...[
    'sk-',
    'whsec_',
    'ghp_',
    'github_pat_',
    'glpat-',
    'xapp-1-',
    'npm_',
    'pypi-',
    'gsk_',
    'xoxb-',
    'glffct-',
  ],
  ...['xai-', 'pplx-', 'r8_', 'sntl_', 'sntrys_', 'GOCSPX-', 'ya29.', '1//0', 'hf_', 'dckr_pat_', 'shpat_'],
  ...[
    'IQoJb3JpZ2lu',
    'glsa_',
    'lin_api_',
    'secret_',
    'ntn_',
    'figd_',
    'fm1_',
    'fo1_',
    'HRKU-',
    'NRAK-',
    'hvs.',
  ],
  ...[
    'pscale_tkn_',
    'sbp_',
    'CLOJARS_',
    'CCIPAT_',
    'bkua_',
    'rnd_',
    'phx_',
    'PMAK-',
    'ATATT3x',
    'sq0atp-',
    'AKIA',
  ],
  ...['tskey-', 'FLWSECK-', 'access_token$production$', 'live_', 'AGE-SECRET-KEY-1', 'rubygems_', 'dop_v1_'],
  ...[
    'nvapi-',
    'vercel_',
    'b3BlbnNzaC1rZXktdjE',
    'EAAA',
    'EAAC',
    'AIza',
    'dp.pt.',
    'AKC',
    'mfa.',
    'EZAK',
    'cio',
  ],
  ...[
    'MIIEv',
    'cfut_',
    'napi_',
    'pnu_',
    'tvly-',
    'nfp_',
    'CFPAT-',
    'p8e-',
    'tgp_v1_',
    'csk-',
    'mlsn.',
    'cmVmdGtuOj',
  ],
  ...[
    'sgp_',
    'rdme_',
    'AVNS_',
    'AQVN',
    'WPL_AP1.',
    'waka_',
    'hcaik_',
    'tk-us-',
    's-s4t2ud-',
    'sm_pat_',
    '4/0A',
  ],
  ...['zpka_', 'rootly_', 'wandb_v1_', 'fio-u-', 'APP_USR-', 'BBDC-'],
].map((prefix) => prefix + tail(64, /^(?:AGE|AKIA)/.test(prefix) ? 'A' : 'a'));

/** As long as the vendor makes them, and in the parts the vendor makes them of. */
const built: readonly string[] = [
  `sk_live_${tail(14)}`,
  `sk_${tail(48)}`,
  `sb_secret_${tail(22)}`,
  `ops_eyJ${tail(30)}`,
  `rzp_live_${tail(14)}`,
  `eyJ${tail(64)}`,
  `eyJ${tail(12)}.${tail(8)}.${tail(8)}`,
  `SG.${tail(22)}.${tail(22)}`,
  `SK${tail(32)}`,
  `key-${tail(32)}`,
  `${tail(32)}-us1`,
  `${tail(14)}.atlasv1.${tail(40)}`,
  `dapi${tail(32)}`,
  `oy2${tail(43)}`,
  `pat${tail(14)}.${tail(44)}`,
  `v1.0-${tail(24)}-${tail(44)}`,
  `sdk-${uuid}`,
  `dt0c01.${plain(24, 'A')}.${plain(24, 'A')}`,
  `A3-${plain(6, 'A')}-${plain(6, 'A')}-${plain(12, 'A')}`,
  `amzn.mws.${uuid}`,
  `${plain(9, '1')}:A${tail(34)}`,
  `${tail(3)}8Q~${tail(34)}`,
  `M${tail(24)}.${tail(6)}.${tail(30)}`,
  `$2b$12$${tail(53)}`,
  `pul-${tail(40)}`,
  `pcsk_${tail(5)}_${tail(63)}`,
  `re_${tail(8)}_${tail(24)}`,
  `lsv2_pt_${tail(32)}_${tail(10)}`,
  `fc-${tail(32)}`,
  `xkeysib-${tail(64)}-${tail(16)}`,
  `tfp_${tail(44)}_${tail(14)}`,
  `da2-${tail(26)}`,
  `ABSK${tail(110)}`,
  `2/${plain(16, '1')}/${plain(16, '1')}:${tail(32)}`,
  `pat.${tail(22)}.${tail(24)}.${tail(20)}`,
  `API-${tail(26, 'A')}`,
  `shippo_live_${tail(40)}`,
  `sqp_${tail(40)}`,
  `SWMTKN-1-${tail(50)}-${tail(25)}`,
  `K10${tail(64)}::server:${tail(32)}`,
  `${plain(15, '1')}|${tail(27)}`,
  `PMAT-${tail(26, 'A')}`,
  `ico-${tail(32)}`,
  `ddp_${tail(36)}`,
  `dnkey-${tail(26)}-${tail(52)}`,
  `CCDB1_${tail(22)}_${tail(40)}`,
  `rpa_${tail(40, 'A')}`,
  `sl.${tail(130)}`,
  `${tail(11)}:APA91b${tail(110)}`,
];

const tokens = [...prefixed, ...built];

test.each(tokens)('%s is a token wherever it stands', (token) => {
  const kept = redact(`see ${token} there`);
  expect(kept).not.toContain(token.slice(-8));
  expect(kept).toMatch(/^see .*there$/);
});

test('each form has a token here that no other form takes', () => {
  const patterns = tokenShapes.map((shape) => new RegExp(`(?<![A-Za-z0-9])(?:${shape})`));
  const alone = new Set(
    tokens.flatMap((token) => {
      const taken = tokenShapes.filter((_, index) => patterns[index]?.test(token));
      return taken.length === 1 ? taken : [];
    }),
  );
  expect(tokenShapes.filter((shape) => !alone.has(shape))).toEqual([]);
});
