/** A bounded pool of connections to the outside dependency, with a queue of waiters and a limit to the wait. */
import { Agent } from 'node:http';
import { Failure } from './failure.ts';
import type { Telemetry } from './telemetry.ts';

export interface Connection {
  agent: Agent;
}

export class Pool {
  private readonly name: string;
  private readonly size: number;
  private readonly acquireTimeoutMs: number;
  private readonly idle: Connection[] = [];
  private readonly waiters: Array<(connection: Connection) => void> = [];
  private used = 0;

  constructor(name: string, size: number, acquireTimeoutMs: number) {
    this.name = name;
    this.size = size;
    this.acquireTimeoutMs = acquireTimeoutMs;
  }

  /** Exports the pool's state under the names of the semantic conventions. */
  observe({ meter }: Telemetry): void {
    const pool = { 'db.client.connection.pool.name': this.name };
    meter.createObservableUpDownCounter('db.client.connection.count').addCallback((result) => {
      result.observe(this.used, { ...pool, 'db.client.connection.state': 'used', state: 'used' });
      result.observe(this.size - this.used, { ...pool, 'db.client.connection.state': 'idle', state: 'idle' });
    });
    meter
      .createObservableUpDownCounter('db.client.connection.max')
      .addCallback((result) => result.observe(this.size, pool));
    meter
      .createObservableUpDownCounter('db.client.connection.pending_requests')
      .addCallback((result) => result.observe(this.waiters.length, pool));
  }

  async acquire(): Promise<Connection> {
    if (this.used < this.size) {
      this.used += 1;
      return this.idle.pop() ?? open();
    }
    return new Promise((resolve, reject) => {
      const waiter = (connection: Connection): void => {
        clearTimeout(timer);
        resolve(connection);
      };
      const timer = setTimeout(() => {
        this.waiters.splice(this.waiters.indexOf(waiter), 1);
        const message = `no connection to ${this.name} within ${this.acquireTimeoutMs} ms: ${this.used} of ${this.size} in use`;
        reject(new Failure(503, 'pool_timeout', message));
      }, this.acquireTimeoutMs);
      this.waiters.push(waiter);
    });
  }

  /** Gives a connection back; a broken one is replaced by a new one. */
  release(connection: Connection, broken = false): void {
    if (broken) connection.agent.destroy();
    const usable = broken ? open() : connection;
    const waiter = this.waiters.shift();
    if (waiter) {
      waiter(usable);
      return;
    }
    this.used -= 1;
    this.idle.push(usable);
  }
}

function open(): Connection {
  return { agent: new Agent({ keepAlive: true, maxSockets: 1 }) };
}
