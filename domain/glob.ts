// Names in rules: `*` stands for any run of characters, `?` for one, everything else for itself.

/** Whether the whole name fits the pattern. Linear in pattern times name; no backtracking to be abused. */
export function matchesGlob(pattern: string, name: string): boolean {
  let atPattern = 0;
  let atName = 0;
  let starAt = -1;
  let resumeAt = 0;
  while (atName < name.length) {
    const wanted = pattern[atPattern];
    if (wanted === '*') {
      starAt = atPattern;
      resumeAt = atName;
      atPattern += 1;
    } else if (wanted === '?' || wanted === name[atName]) {
      atPattern += 1;
      atName += 1;
    } else if (starAt >= 0) {
      // Let the last star take one character more.
      atPattern = starAt + 1;
      resumeAt += 1;
      atName = resumeAt;
    } else {
      return false;
    }
  }
  while (pattern[atPattern] === '*') atPattern += 1;
  return atPattern === pattern.length;
}
