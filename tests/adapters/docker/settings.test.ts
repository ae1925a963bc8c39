/** What the configuration of a Docker executor may say. */
import { describe, expect, it } from 'vitest';
import { docker } from '../../../adapters/docker/index.ts';

const accepts = (more: object): boolean =>
  docker.settings.safeParse({ host: 'web1', containers: ['shop-*'], ...more }).success;

describe('the engine', () => {
  it.each([
    'unix:///var/run/docker.sock',
    'https://web1.example:2376',
    'http://127.0.0.1:2375',
    'http://localhost:2375',
    'http://[::1]:2375',
  ])('may be at %s', (url) => expect(accepts({ url })).toBe(true));

  it.each([
    'http://web1.example:2375',
    'http://127.0.0.1.evil.example:2375',
    'tcp://web1:2375',
    'unix://',
    'https://user:secret@web1:2376',
    'https://web1:2376/other',
    'ssh://web1',
  ])('may not be at %s', (url) => expect(accepts({ url })).toBe(false));
});

describe('containers', () => {
  it.each(['shop-*', '*', 'web_1.a', 'label:act', 'label:act=yes'])('may be %s', (entry) =>
    expect(accepts({ containers: [entry] })).toBe(true),
  );

  it.each(['', 'label:', '../x', 'a/b', 'a b'])('may not be "%s"', (entry) =>
    expect(accepts({ containers: [entry] })).toBe(false),
  );

  it('have to be named', () => expect(accepts({ containers: [] })).toBe(false));
});
