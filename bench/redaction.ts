// What it costs to look for secrets: microseconds a text, by kind of text. Each text is new, so that nothing is remembered.

import { redact } from '../domain/redaction/redact.ts';

const kinds: Readonly<Record<string, (n: number) => string>> = {
  name: (n) => `orders-${n}`,
  'plain log line': (n) => `connection pool exhausted after ${n}ms, 12 waiting`,
  'line with ids': (n) =>
    `order 8f14e45f-ceea-467f-a1a6-${String(n).padStart(12, '0')} created for customer ${n}`,
  'JSON line': (n) => `{"level":"error","msg":"payment declined","code":"card_declined","orderId":"A-${n}"}`,
  'line with a secret': (n) => `login failed user=ada password=hunter${n} ip=10.0.0.7`,
  '4 KiB stack trace': (n) =>
    `request ${n} failed ${'at com.acme.orders.CheckoutController.handle(CheckoutController.java:117) '.repeat(53)}`,
};

for (const [kind, make] of Object.entries(kinds)) {
  const rounds = kind.startsWith('4 KiB') ? 500 : 20_000;
  for (let n = 0; n < rounds / 10; n += 1) redact(make(-n));
  const cpu = process.cpuUsage();
  for (let n = 0; n < rounds; n += 1) redact(make(n));
  const used = process.cpuUsage(cpu);
  const microseconds = (used.user + used.system) / rounds;
  console.log(
    JSON.stringify({ bench: 'redaction', kind, microseconds: Math.round(microseconds * 100) / 100 }),
  );
}
