// The dashboard in a real browser, over a whole Sentinel: what happens appears by itself, a decision made on a page reaches
// the workflow, and who is out is out. With the keyboard, on a phone, in the dark, without JavaScript.

import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toUrlId } from '../../api/incident-id.ts';
import { SentinelClient } from '../../lab/run/client.ts';
import { launchChromium, seriousFindings, type Visitor, visitor } from '../support/browser.ts';
import { describeWith } from '../support/component.ts';
import type { ChromiumInfo } from '../support/components/chromium.ts';
import { temporaryFolder } from './support/folder.ts';
import { newAdminKey, type Sentinel, serverSettings, startUp } from './support/sentinel.ts';
import { story } from './support/story.ts';
import { startTraffic, type Traffic } from './support/traffic.ts';
import { eventually } from './support/wait.ts';

const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

await describeWith<ChromiumInfo>('chromium', 'the dashboard', ({ executable }) => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let sentinel: Sentinel;
  let browser: Browser;
  let adaKey: string;
  let ada: SentinelClient;
  const traffic: Partial<Record<'approved' | 'rejected', Traffic>> = {};
  /** Two environments: what goes wrong in one is no part of what goes wrong in the other. */
  const places = {
    approved: { environment: 'north', service: 'orders' },
    rejected: { environment: 'south', service: 'invoices' },
  } as const;

  beforeAll(async () => {
    folder = await temporaryFolder('dashboard');
    const settings = {
      ...(await serverSettings()),
      ingest: { defaultEnvironment: 'north' },
      incident: { settle: '1s', actAfter: '0s' },
      policy: { byRisk: { low: { approval: 'operator', quorum: 1, deadlineMinutes: 30 } } },
      executors: Object.values(places).map(({ environment, service }) => ({
        name: `mock-${environment}`,
        type: 'mock',
        environments: [environment],
        services: [{ service, replicas: 2 }],
      })),
    };
    [sentinel, browser] = await Promise.all([
      startUp(folder.path, settings, { adminKey: newAdminKey() }),
      launchChromium(executable),
    ]);
    // No metrics are sent, so evidence is missing, and whoever decides needs a role higher than policy says.
    adaKey = await sentinel.admin.createKey('ada', 'admin');
    ada = new SentinelClient(sentinel.url, adaKey);
    traffic.approved = startTraffic(sentinel.url, places.approved);
    traffic.rejected = startTraffic(sentinel.url, places.rejected);
  });
  afterAll(async () => {
    for (const one of Object.values(traffic)) await one.stop().catch(() => {});
    await browser?.close();
    await sentinel?.end();
    await folder?.remove();
  });

  /** For people to look at after the run. */
  const picture = async (page: Page, name: string): Promise<void> => {
    const pictures = join(tmpdir(), 'sentinel-dashboard-pictures');
    await mkdir(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  };

  const logIn = async ({ page }: Visitor, key = adaKey): Promise<void> => {
    await page.goto(`${sentinel.url}/login`);
    await page.getByLabel('API key').fill(key);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL(`${sentinel.url}/`);
  };

  const incidentOf = (service: string) =>
    eventually(
      `an incident of ${service}`,
      async () => (await ada.incidents()).find((one) => one.service === service) ?? null,
    );

  test('from the login to the verified fix with the keyboard alone, and without a reload', async ({
    onTestFinished,
    task,
  }) => {
    const person = await visitor(browser);
    const { page, troubles } = person;
    onTestFinished(async () => {
      if (task.result?.state === 'fail') console.error(troubles.join('\n'), await story(ada));
      await person.context.close();
    });
    await page.goto(`${sentinel.url}/incidents?open=true`);
    await page.waitForURL(/\/login\?next=/);
    await page.keyboard.type(adaKey);
    expect(await page.getByLabel('API key').inputValue()).toBe('');
    await page.keyboard.press('Tab');
    await page.keyboard.type(adaKey);
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/incidents\?open=true$/);
    await page.goto(`${sentinel.url}/`);
    await page.getByRole('heading', { name: 'No open incidents' }).waitFor();
    await page.locator('#connection[data-state="live"]').waitFor();
    await picture(page, 'quiet');

    await page.evaluate(() => Object.assign(globalThis, { sameDocument: true }));
    await eventually('ordinary traffic', () => (traffic.approved?.seconds ?? 0) >= 18);
    traffic.approved?.fail(0.6);
    const row = page.locator('#now a.title');
    await row.first().waitFor();
    expect(await page.evaluate(() => 'sameDocument' in globalThis)).toBe(true);
    await row.first().focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/incidents\/[\w.-]+-1$/);

    const panel = page.getByRole('heading', { name: 'Decide on this plan' });
    await panel.waitFor();
    await page.locator('series-chart canvas').waitFor();
    expect(await page.locator('#graph').textContent()).toContain('orders');
    await page.evaluate(() => Object.assign(globalThis, { sameDocument: true }));
    await page.locator('#reason').focus();
    await page.keyboard.type('half a sentence');
    const before = await page.locator('.timeline > li').first().getAttribute('id');
    const { id } = await incidentOf('orders');
    await ada.request('POST', `/api/v1/incidents/${encodeURIComponent(id)}/notes`, {
      text: 'a colleague is here',
    });
    await page.getByText('a colleague is here').first().waitFor();
    expect(await page.locator('.timeline > li').first().getAttribute('id')).not.toBe(before);
    // What a person is writing survives what comes in meanwhile, and so does their place.
    await page.keyboard.type(', now whole');
    expect(await page.locator('#reason').inputValue()).toBe('half a sentence, now whole');
    expect(await page.evaluate(() => 'sameDocument' in globalThis)).toBe(true);
    await picture(page, 'waiting');

    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toMatch(/^Approve plan/);
    await page.keyboard.press('Enter');
    await page.getByText('Your approval is recorded.').waitFor();
    // What was done is what helps: before it nothing gets better, however long it takes.
    await eventually('the effect', async () =>
      (await ada.timeline(id)).some(({ type }) => type === 'effect-applied'),
    );
    traffic.approved?.fail(0);
    await page.locator('.lead .chip', { hasText: 'Resolved' }).waitFor({ timeout: 90_000 });
    await picture(page, 'resolved');

    const timeline = await ada.timeline(id);
    expect(timeline.filter(({ type }) => type === 'approval-recorded')).toMatchObject([
      {
        actor: expect.stringMatching(/ada$/),
        decision: 'approve',
        reason: 'half a sentence, now whole',
      },
    ]);
    expect(timeline.filter(({ type }) => type === 'effect-applied')).toHaveLength(1);
    expect(troubles).toEqual([]);
  });

  test('a rejection without JavaScript, on a phone: nothing is done; a stale plan is a clear page', async ({
    onTestFinished,
    task,
  }) => {
    const person = await visitor(browser, { ...phone, javaScriptEnabled: false });
    const { page, troubles } = person;
    onTestFinished(async () => {
      if (task.result?.state === 'fail') console.error(troubles.join('\n'), await story(ada));
      await person.context.close();
    });
    await eventually('ordinary traffic', () => (traffic.rejected?.seconds ?? 0) >= 18);
    traffic.rejected?.fail(0.6);
    await eventually('a plan that waits', async () => (await ada.pendingApprovals()).length > 0);
    const { id } = await incidentOf('invoices');

    await logIn(person);
    await page.getByRole('link', { name: 'Review' }).click();
    await page.getByRole('button', { name: 'Reject' }).click();
    await page.getByText('is needed to reject').waitFor();
    await page.getByRole('link', { name: 'Back' }).click();

    const csrf = await page.locator('.decide input[name="csrf"]').getAttribute('value');
    const path = `${new URL(page.url()).pathname}/decision`;
    const stale = await page.request.post(`${sentinel.url}${path}`, {
      form: { csrf: csrf ?? '', planHash: 'ab'.repeat(32), decision: 'approve' },
      headers: { origin: sentinel.url },
    });
    expect(stale.status()).toBe(409);
    expect(await stale.text()).toContain('The plan has changed');

    await page.locator('#reason').fill('not on a Sunday');
    await page.getByRole('button', { name: 'Reject' }).click();
    await page.getByText('Your rejection is recorded.').waitFor();
    const timeline = await eventually('the rejection in the incident', async () => {
      const events = await ada.timeline(id);
      return events.some(({ type }) => type === 'approval-rejected') ? events : null;
    });
    expect(timeline.find(({ type }) => type === 'approval-recorded')).toMatchObject({
      decision: 'reject',
      reason: 'not on a Sunday',
    });
    expect(timeline.filter(({ type }) => type === 'intent-written')).toEqual([]);
    traffic.rejected?.fail(0);
  });

  test('a revoked key is back at the login without doing anything, and stays out', async ({
    onTestFinished,
  }) => {
    const person = await visitor(browser);
    onTestFinished(() => person.context.close());
    const key = await sentinel.admin.createKey('leaver', 'viewer');
    await logIn(person, key);
    const { body } = await sentinel.admin.request<{ items: { keyId: string; name: string }[] }>(
      'GET',
      '/api/v1/keys',
    );
    const keyId = body.items.find(({ name }) => name === 'leaver')?.keyId ?? '';
    expect((await sentinel.admin.request('DELETE', `/api/v1/keys/${keyId}`)).status).toBe(200);
    await person.page.waitForURL(/\/login/);
    await person.page.goto(`${sentinel.url}/audit`);
    expect(person.page.url()).toContain('/login');
  });

  test('a one-time link logs in once and leaves no trace in the address', async ({ onTestFinished }) => {
    const [first, second] = [await visitor(browser), await visitor(browser)];
    onTestFinished(async () => {
      await first.context.close();
      await second.context.close();
    });
    const { body } = await ada.request<{ url: string }>('POST', '/api/v1/login-link', {
      path: '/approvals',
    });
    await first.page.goto(body.url);
    await first.page.waitForURL(`${sentinel.url}/approvals`);
    await first.page.goBack();
    expect(first.page.url()).not.toContain('once');
    await second.page.goto(body.url);
    await second.page.getByText('was used already').waitFor();
  });

  test('the policy stops what a page was made to run', async ({ onTestFinished }) => {
    const person = await visitor(browser);
    onTestFinished(() => person.context.close());
    await logIn(person);
    await person.page.evaluate(`
      const script = document.createElement('script');
      script.textContent = 'globalThis.ran = true';
      document.body.append(script);
      document.body.insertAdjacentHTML('beforeend', '<img src="https://elsewhere.example/x.png" onerror="globalThis.ran = true">');
    `);
    await eventually(
      'the violations',
      () => person.troubles.filter((one) => /Content Security Policy/.test(one)).length >= 2,
    );
    expect(await person.page.evaluate(() => 'ran' in globalThis)).toBe(false);
  });

  const screens = {
    'on a desk': {},
    'in the dark': { colorScheme: 'dark' },
    'on a phone': phone,
  } as const;
  test.each(Object.entries(screens))(
    '%s: axe finds nothing serious, and nothing is cut off',
    async (name, options) => {
      const person = await visitor(browser, { ...options, bypassCSP: true });
      const { page } = person;
      try {
        await logIn(person);
        const [incident] = await ada.incidents();
        const ref = incident === undefined ? undefined : toUrlId(incident.id);
        const paths = [
          '/',
          '/incidents',
          `/incidents/${ref}`,
          '/approvals',
          '/series?environment=north&service=orders',
          '/audit',
          '/login/nowhere',
        ];
        for (const path of paths) {
          await page.goto(`${sentinel.url}${path}`);
          await page.locator('main').waitFor();
          expect({ path, findings: await seriousFindings(page) }).toEqual({ path, findings: [] });
          const overflow = await page.evaluate(
            `[document.documentElement, ...document.querySelectorAll('.top nav')]
              .reduce((sum, { scrollWidth, clientWidth }) => sum + Math.max(0, scrollWidth - clientWidth), 0)`,
          );
          expect({ path, overflow }).toEqual({ path, overflow: 0 });
          await picture(page, `${name}-${path.replaceAll(/\W+/g, '-')}`.replaceAll(' ', '-'));
        }
      } finally {
        await person.context.close();
      }
    },
  );
});
