// Confidence as a promise: of a hundred alarms of one score so many are true. Read from a table, between its points in proportion.

export type CalibrationTable = readonly (readonly [score: number, confidence: number])[];

/** What is expected of an alarm with this score; below and above the table as at its ends. */
export function calibrated(table: CalibrationTable, score: number): number {
  let before = table[0] ?? [0, 0];
  for (const point of table) {
    if (score <= point[0]) {
      const width = point[0] - before[0];
      return width <= 0 ? point[1] : before[1] + ((point[1] - before[1]) * (score - before[0])) / width;
    }
    before = point;
  }
  return before[1];
}
