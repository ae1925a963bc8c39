// Whether a name (of a field, an option, a variable, an attribute) says that its value is a secret.

/**
 * `always`: whatever the value is, unless it is plainly none (`true`, `required`, `${PASSWORD}`). `likely`: when the value
 * is no small number and no plain word; `token: 512` counts, `auth=ok` reports. `session`:
 * the same, but ids that everything has are none. `digits`: when it is as many digits as a PIN has.
 */
export type Secrecy = 'always' | 'likely' | 'session' | 'digits' | 'none';

const always = new Set(
  (
    'password passwd passwort passphrase passcode pwd pswd kennwort contraseña contrasena senha wachtwoord mdp пароль 密码 ' +
    'secret secretkey apikey apisecret apitoken accesskey privatekey authkey clientsecret appsecret credential credentials ' +
    'mnemonic cvv cvc ssn pincode authtoken accesstoken refreshtoken idtoken bearertoken sessiontoken csrftoken ' +
    'connectionstring connstr passwordhash storepass keypass requirepass masterauth rootpw bindpw'
  ).split(' '),
);
const likely = new Set(
  (
    'token pass auth authorization cookie bearer jwt sig signature hmac seed sessionid phpsessid jsessionid sid pw pat ' +
    'csrf xsrf assertion samlresponse samlrequest session cred creds secrets passwords tokens dsn psk sas'
  ).split(' '),
);
/** `…Key` is a secret after these words only: most keys are names of things (cache key, routing key, primary key). */
const secretKeyWords = new Set(
  (
    'api access secret private encryption encrypt decryption signing sign master account shared client ssh ssl tls service ' +
    'storage license deploy app application auth hmac aes rsa ec webhook admin subscription ingest ingestion integration ' +
    'function root vault unseal session jwt recovery pre preshared user security server consumer write read dd account'
  ).split(' '),
);
/** What comes after the word of secrecy and makes the whole a fact about it: `password_policy`, `token_type`. */
const about = new Set(
  (
    'name names ref refs id ids count counts type types length len size policy policies reset resets expiry expires expired ' +
    'expire expiration ttl timeout url uri endpoint path file filename dir hint version age attempts attempt status state ' +
    'enabled disabled required strength min max limit limits usage used bucket rotation rotated manager store provider method ' +
    'mode scheme format field changed at ms seconds created updated valid invalid error errors duration index kind prefix label ' +
    'class service server host port user username domain realm plugin module engine bytes total rate source key_id issuer ' +
    'audience scope scopes algorithm alg fingerprint strategy flow consent guard middleware result success failures failed ' +
    'present missing found verified cache budget remaining window factor requirements generator validator arn ' +
    'accessor seconds_total requests latency vault keeper count_total role handler controller backend'
  ).split(' '),
);
/** Words at the end that change nothing: `client-key-data`, `DB_PASSWORD_PROD`, `password2`. */
const ignoredTail =
  /^(?:data|value|val|string|str|text|plain|plaintext|raw|base64|b64|prod|production|staging|dev|test|new|old|current|confirm|confirmation|repeat|again|base|hash|hashed|encrypted|\d{1,4})$/;

const known = new Map<string, Secrecy>();
const mostKnown = 4_096;

export function secrecyOf(name: string): Secrecy {
  const remembered = known.get(name);
  if (remembered !== undefined) return remembered;
  const found = judge(name);
  if (known.size >= mostKnown) known.clear();
  known.set(name, found);
  return found;
}

function judge(name: string): Secrecy {
  const words = wordsOf(name);
  while (words.length > 1 && ignoredTail.test(words.at(-1) ?? '')) words.pop();
  const last = words.at(-1) ?? '';
  if (last === '' || (words.length > 1 && about.has(last))) return sessionNames(words);
  if (always.has(last)) return 'always';
  if (last === 'pin' || last === 'otp' || last === 'totp') return 'digits';
  const before = words.at(-2) ?? '';
  if (last === 'key' || last === 'keys') return secretKeyWords.has(before) ? 'always' : 'none';
  if (before !== '' && always.has(before + last)) return 'always';
  if (likely.has(last)) return before === '' || last === 'session' ? 'likely' : compound(before, last);
  return runTogether(last);
}

/** `session_id`, `connect.sid`: an identifier whose possession is enough. */
function sessionNames(words: readonly string[]): Secrecy {
  return /^sess(?:ion)?$/.test(words.at(-2) ?? '') && words.at(-1) === 'id' ? 'session' : 'none';
}

/** `access_token` is always one, `max_tokens` a number and `basic_auth` a word or a credential. */
function compound(before: string, last: string): Secrecy {
  if (last === 'token' || last === 'pass' || last === 'pw')
    return before === 'max' || before === 'next' || before === 'page' || before === 'continuation'
      ? 'none'
      : 'always';
  if (last === 'tokens') return secretKeyWords.has(before) ? 'always' : 'none';
  return 'likely';
}

/** `dbpassword`, `mysqlrootpwd`, `githubtoken`, `stripeapikey`: without anything that parts the words. */
function runTogether(word: string): Secrecy {
  if (
    /(?:password|passwd|passphrase|passcode|secret|apikey|accesskey|privatekey|secretkey|signingkey|encryptionkey|credentials?)$/.test(
      word,
    )
  )
    return 'always';
  if (/(?:pwd|token|cookie|jwt)$/.test(word)) return 'likely';
  if (/sess(?:ion)?id$/.test(word)) return 'session';
  // As people write it who think that nobody looks for that.
  const plain = word.replace(/[@4]/g, 'a').replace(/[$5]/g, 's').replace(/0/g, 'o').replace(/3/g, 'e');
  return plain !== word && /(?:password|passwd|secret)$/.test(plain) ? 'always' : 'none';
}

function wordsOf(name: string): string[] {
  return name
    .slice(-80)
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}$@]+/u)
    .map((word) => word.replace(/^[$@]+/, ''))
    .filter((word) => word !== '');
}
