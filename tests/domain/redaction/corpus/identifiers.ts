// What vendors give out as names of things: as long as tokens, made by chance, and no secret. Each has to stay as it is.

import { alnum, base64, base64url, chance, digits, hex, lower, upper } from './chance.ts';

const of = chance(404);
const uuid = (): string => [8, 4, 4, 4, 12].map((length) => of(hex, length)).join('-');

export const identifiers: readonly string[] = [
  `payment pi_3${of(alnum, 23)} needs an action of the customer`,
  `charge ch_3${of(alnum, 23)} failed: card_declined, request req_${of(alnum, 14)}`,
  `evt_1${of(alnum, 23)} delivered to acct_1${of(alnum, 15)} in 210 ms`,
  `price_1${of(alnum, 23)} of prod_${of(alnum, 14)} archived`,
  `github.com/acme/tax v0.0.0-20260119083558-${of(hex, 12)} h1:${of(base64, 43)}=`,
  `verifying module: checksum mismatch, downloaded h1:${of(base64, 43)}=`,
  `object orders.csv version ${of(base64, 32)} restored`,
  `x-amz-cf-id: ${of(base64url, 54)}==`,
  `cf-ray: ${of(hex, 16)}-FRA cache HIT`,
  `assumed role AROA${of(upper + digits, 17)}:orders in 123456789012`,
  `user AIDA${of(upper + digits, 17)} signed in`,
  `/nix/store/${of(lower + digits, 32)}-openssl-3.0.13/lib/libssl.so.3 not found`,
  `ksuid ${of(alnum, 27)} enqueued`,
  `session replay of page ${of(base64url, 21)} stored`,
  `tx 0x${of(hex, 64)} confirmed in block 19283746`,
  `wallet address bc1q${of(lower + digits, 38)} credited`,
  `pinned bafybeig${of('abcdefghijklmnopqrstuvwxyz234567', 52)} on 3 nodes`,
  `S-1-5-21-${of(digits, 10)}-${of(digits, 10)}-${of(digits, 8)}-1013 logged on`,
  `slack channel C${of(upper + digits, 10)} thread 1769853000.${of(digits, 6)} updated`,
  `installation of app A${of(upper + digits, 10)} in T${of(upper + digits, 10)} removed`,
  `endpoint ep-cool-darkness-${of(lower + digits, 8)} suspended after 5 minutes`,
  `deployment dpl_${of(alnum, 28)} of prj_${of(alnum, 28)} ready`,
  `order gid://shopify/Order/${of(digits, 13)} paid`,
  `message ${uuid()}@eu-west-1.amazonses.com accepted`,
  `receipt of queue orders: MessageId ${uuid()}, MD5OfMessageBody ${of(hex, 32)}`,
  `cluster clstr_${of(lower + digits, 12)} node node-${of(lower + digits, 6)}-${of(lower + digits, 5)} drained`,
  `layer ${of(hex, 12)}: Pull complete, digest sha256:${of(hex, 64)}`,
  `oid sha256:${of(hex, 64)} size 1048576 uploaded to LFS`,
  `lineage ${uuid()} serial 42 locked by ada`,
  `sentry event ${of(hex, 32)} sampled out`,
  `build log of the css class sk-toolbar-expanded-state-visible had no rule`,
  `the element fc-daygrid-day-frame-container-inner overlaps`,
  `npm_config_user_agent=npm/10.2.4 node/v24 npm_lifecycle_event=build`,
  `module re_export_everything_from_orders_v2 compiled`,
  `topic live_orders_europe_west_dead_letter_retry has no leader`,
  `worker key-rotation-scheduler-europe-west-2 idle`,
  `feature napi_create_reference_for_orders is not exported`,
  `zone cfk_europe_west_customers_read_replica_pool is full`,
  `subscription 1//orders/europe/west/partition/0017 rebalanced`,
];
