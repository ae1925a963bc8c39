import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskedTokens } from '../../../../domain/detection/aggregate/masking.ts';
import { TemplateMiner } from '../../../../domain/detection/aggregate/templates.ts';

const masked = (body: string): string => maskedTokens(body).join(' ');

describe('masking of a log message', () => {
  it.each([
    ['request 4711 took 12ms', 'request <n> took <n>ms'],
    ['user 3f2504e0-4f89-11d3-9a0c-0305e82c3301 gone', 'user <uuid> gone'],
    ['no route to 10.0.0.17:8080', 'no route to <ip>:<n>'],
    ['at 0xdeadbeef in deadbeef01', 'at <hex> in <hex>'],
    ['cannot open "secret name.txt" for \'bob\'', 'cannot open <text> for <text>'],
    ['2026-11-21T07:10:00.123Z ready', '<n>-<n>-<n>T<n>Z ready'],
    ['plain words stay', 'plain words stay'],
  ])('%j becomes %j', (body, expected) => expect(masked(body)).toBe(expected));

  it('is bounded and total', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (body) => {
        const tokens = maskedTokens(body);
        expect(tokens.length).toBeLessThanOrEqual(40);
        expect(tokens.every((token) => token !== '')).toBe(true);
      }),
    );
    expect(masked(`${'"'.repeat(5_000)}${'1'.repeat(5_000)}`).length).toBeLessThan(2_000);
  });
});

describe('log templates', () => {
  it('are shared by messages of one statement', () => {
    const miner = new TemplateMiner(100);
    const first = miner.match('user alice logged in from web');
    const second = miner.match('user bob logged in from web');
    expect(second).toBe(first);
    expect(first.text).toBe('user <*> logged in from web');
    expect(miner.match('disk is full')).not.toBe(first);
  });

  it('have an id that depends on the text only', () => {
    const id = new TemplateMiner(10).match('request 17 failed').id;
    expect(new TemplateMiner(10).match('request 99 failed').id).toBe(id);
  });

  it('keep their id over a restart', () => {
    const before = new TemplateMiner(10);
    const template = before.match('user alice logged in now');
    before.match('user bob logged in now');
    const after = new TemplateMiner(10);
    after.restore(template.id, template.text);
    expect(after.match('user carol logged in now').id).toBe(template.id);
  });

  it('make room for new ones when nobody has used the oldest for long', () => {
    const miner = new TemplateMiner(2, 900_000);
    const old = miner.match('alpha has happened', 0);
    miner.match('beta has happened', 0);
    expect(miner.match('gamma is new', 899_999).text).toBe('<*>');
    miner.match('beta has happened', 899_999);
    expect(miner.match('gamma is new', 900_000).text).toBe('gamma is new');
    // Alpha had to go, beta was in use.
    expect(miner.match('beta has happened', 900_001).text).toBe('beta has happened');
    expect(miner.match('alpha has happened', 900_002).text).toBe('<*>');
    expect(old.text).toBe('alpha has happened');
  });

  it('are not pushed out by a flood: what floods shares one', () => {
    const miner = new TemplateMiner(3, 900_000);
    const kept = ['alpha one', 'beta two', 'gamma three'].map((body) => miner.match(body, 0));
    for (let n = 0; n < 1_000; n += 1)
      expect(miner.match(`${String.fromCharCode(97 + (n % 26)).repeat(2 + (n % 50))} word`, n).text).toBe(
        '<*>',
      );
    expect(['alpha one', 'beta two', 'gamma three'].map((body) => miner.match(body, 2_000))).toEqual(kept);
  });

  it('are bounded: what is beyond the limit shares one', () => {
    const miner = new TemplateMiner(5);
    const words = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta'];
    const ids = new Set(words.map((word) => miner.match(`${word} happened to ${word}`).id));
    expect(ids.size).toBe(6);
    expect(miner.match('iota happened to iota').text).toBe('<*>');
    expect(miner.match('alpha happened to alpha').text).toBe('alpha happened to alpha');
  });
});
