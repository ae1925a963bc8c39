// Takes the variable parts out of a log message, so that messages of one statement look alike: numbers, ids, addresses,
// quoted text. Linear in the length of the message, whatever it contains.
// Source: the preprocessing step of Drain (He et al., ICWS 2017).

const maxLength = 400;
const maxTokens = 40;

/** The masked words of a message, at most 40 of the first 400 characters. */
export function maskedTokens(body: string): string[] {
  const text = body
    .slice(0, maxLength)
    .toWellFormed()
    .replace(/"[^"\n]{0,200}"|'[^'\n]{0,200}'/g, '<text>');
  const tokens: string[] = [];
  for (const word of text.split(/[\s\p{Cc}]+/u)) {
    if (word === '') continue;
    tokens.push(maskWord(word));
    if (tokens.length === maxTokens) break;
  }
  return tokens;
}

/** One word with its variable parts replaced: `took=12ms` becomes `took=<n>ms`. */
function maskWord(word: string): string {
  if (!/[0-9]/.test(word)) return word;
  return word
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '<uuid>')
    .replace(/\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/g, '<ip>')
    .replace(/\b0x[0-9a-f]+\b/gi, '<hex>')
    .replace(/\b(?=[a-f]*[0-9])[0-9a-f]{8,}\b/gi, '<hex>')
    .replace(/\d+/g, '<n>')
    .replace(/<n>(?:[.,:]<n>)+/g, '<n>');
}
