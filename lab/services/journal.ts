/**
 * The sandbox folder of a service: every request leaves a small journal record there, and nothing may grow past the
 * quota, which plays the part of a full disk. Replicas share the folder, so each measures it again twice a second.
 */
import { appendFile, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from './failure.ts';

const measureIntervalMs = 500;
const rotateBytes = 512 * 1024;

export async function folderBytes(dir: string): Promise<number> {
  const names = await readdir(dir).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(dir, name)).then(
        (s) => s.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

export class Journal {
  private readonly dir: string;
  private readonly file: string;
  private readonly quotaBytes: number;
  private usedBytes = 0;
  private fileBytes = 0;

  constructor(dir: string, taskId: string, quotaBytes: number) {
    this.dir = dir;
    this.file = join(dir, `journal-${taskId}.log`);
    this.quotaBytes = quotaBytes;
    setInterval(() => void this.measure(), measureIntervalMs).unref();
  }

  async measure(): Promise<void> {
    this.usedBytes = await folderBytes(this.dir);
  }

  async append(record: string): Promise<void> {
    const bytes = Buffer.byteLength(record);
    if (this.usedBytes + bytes > this.quotaBytes) {
      const message = `ENOSPC: no space left on device, write journal.log (${this.usedBytes} of ${this.quotaBytes} bytes used)`;
      throw new Failure(500, 'ENOSPC', message);
    }
    if (this.fileBytes > rotateBytes) {
      this.fileBytes = 0;
      await rename(this.file, `${this.file}.1`).catch(() => {});
    }
    this.fileBytes += bytes;
    this.usedBytes += bytes;
    await appendFile(this.file, record);
  }

  /** Writes a file of up to `bytes`, as much as the quota leaves; returns what was written. */
  async fill(name: string, bytes: number): Promise<number> {
    await this.measure();
    const room = Math.min(bytes, this.quotaBytes - this.usedBytes);
    if (room <= 0) return 0;
    await writeFile(join(this.dir, name), Buffer.alloc(room, 0x2e));
    this.usedBytes += room;
    return room;
  }
}
