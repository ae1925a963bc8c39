// One route has one path; what senders write instead of it means the same.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { routePath } from '../../domain/http-path.ts';

describe('the path of a route', () => {
  test.each([
    ['/v1/logs', '/v1/logs'],
    ['//v1/logs', '/v1/logs'],
    ['/v1/logs/', '/v1/logs'],
    ['///v1//traces//', '/v1/traces'],
    ['/', '/'],
    ['//', '/'],
    ['/api/events', '/api/v1/events'],
    ['//api//events/', '/api/v1/events'],
    ['/api/v1/events', '/api/v1/events'],
    ['/api/alerts/alertmanager/', '/api/v1/alerts/alertmanager'],
    ['/api/v2/alerts', '/api/v2/alerts'],
    ['/api', '/api'],
    ['/incidents/3f2a9c-1/', '/incidents/3f2a9c-1'],
  ])('%s means %s', (given, meant) => {
    expect(routePath(given)).toBe(meant);
  });

  test('is its own meaning, whatever was written', () => {
    const path = fc
      .array(fc.constantFrom('/', 'api', 'v1', 'v2', 'logs', '.', '%2F', '-'))
      .map((parts) => `/${parts.join('')}`);
    fc.assert(
      fc.property(path, (written) => {
        expect(routePath(routePath(written))).toBe(routePath(written));
      }),
    );
  });
});
