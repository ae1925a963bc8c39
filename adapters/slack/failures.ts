// What a failed call to Slack means for the one who made it.

import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api';
import type { DeliveryResult } from '../../api/notifications/ports.ts';

type Failure = Exclude<DeliveryResult, { kind: 'delivered' }>;

/** Errors that last until somebody changes something in Slack or in the configuration. */
const needsAPerson: ReadonlySet<string> = new Set([
  'access_denied',
  'account_inactive',
  'app_missing_action_url',
  'channel_not_found',
  'ekm_access_denied',
  'enterprise_is_restricted',
  'invalid_auth',
  'is_archived',
  'missing_scope',
  'no_permission',
  'not_allowed_token_type',
  'not_authed',
  'not_in_channel',
  'org_login_required',
  'restricted_action',
  'restricted_action_read_only_channel',
  'team_access_not_granted',
  'token_expired',
  'token_revoked',
  'two_factor_setup_required',
]);

/** Errors about this one message. */
const aboutTheMessage: ReadonlySet<string> = new Set([
  'invalid_arguments',
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_metadata_format',
  'metadata_too_large',
  'msg_blocks_too_long',
  'msg_too_long',
  'no_text',
]);

/** Anything else, known or not, is worth another try. */
export function failureOf(error: unknown): Failure {
  if (error instanceof WebAPIRateLimitedError) {
    return { kind: 'retry', reason: 'ratelimited', afterMs: error.retryAfter * 1_000 };
  }
  const reason = errorName(error);
  if (needsAPerson.has(reason)) return { kind: 'blocked', reason };
  if (aboutTheMessage.has(reason)) return { kind: 'refused', reason };
  return { kind: 'retry', reason };
}

/** Slack's own word for the error where it has one. */
export function errorName(error: unknown): string {
  if (error instanceof WebAPIPlatformError) return error.data.error;
  if (error instanceof WebAPIHTTPError) return `HTTP status ${error.statusCode}`;
  if (error instanceof WebAPIRequestError) return `Slack could not be reached: ${error.original.message}`;
  return error instanceof Error ? error.message : String(error);
}
