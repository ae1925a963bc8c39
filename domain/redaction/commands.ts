// Command lines: options whose value is a secret, by their name or by the command they belong to.

import { secrecyOf } from './keys.ts';
import { redactedMark, type Span, withoutSpans } from './mark.ts';
import { quotedAt } from './quotes.ts';
import { isMixed, isSecretValue, isState } from './values.ts';

const option =
  /(?<![\w-])(-{1,2}|\/)([a-z][\w-]{1,60})(?:[ \t]{1,3}|\\{0,15}["'`]?\s{0,2},\s{0,3}(?:\\{0,15}["'`]\w{1,20}\\{0,15}["'`]:\s{0,2})?|\\{0,15}["'`][ \t]{1,3})(?=[^\s-])/gi;

/** `--password x`, `-storepass x`. */
function byName(text: string): Span[] {
  const spans: Span[] = [];
  option.lastIndex = 0;
  for (let match = option.exec(text); match !== null; match = option.exec(text)) {
    const secrecy = secrecyOf(match[2] ?? '');
    if (secrecy === 'none') continue;
    const span = argument(text, option.lastIndex);
    const value = text.slice(span.from, span.to);
    const isPlaceholder = value.toLowerCase() === match[2]?.toLowerCase();
    if (value !== redactedMark && !isPlaceholder && isSecretValue(value, 'always')) spans.push(span);
  }
  return spans;
}

function argument(text: string, at: number): Span {
  if (text.startsWith(redactedMark, at)) return { from: at, to: at + redactedMark.length };
  const quoted = quotedAt(text, at);
  if (quoted !== null) return { from: quoted.from, to: quoted.to };
  const blank = text.slice(at).search(/[\s"'`]|[,\]})](?=$|[\s"'\]})])/);
  return { from: at, to: blank < 0 ? text.length : at + blank };
}

/** What stands before the secret; the secret itself is the argument that follows. */
const before: readonly RegExp[] = [
  /\b(?:mysql|mysqldump|mysqladmin|mysqlimport|mysqlshow|mariadb|mariadb-dump|xtrabackup|7za?|rar)\b[^\n|;]{0,300}?[ \t"'`,\\]-p(?=[^\s,"'])/g,
  /\b(?:sshpass|mongo|mongosh|mongodump|mongorestore|psexec|useradd|usermod|cqlsh|rdesktop|(?:docker|podman|nerdctl|buildah|helm|skopeo|az|oc|cf|argocd|rancher)[ \t][^\n|;]{0,60}?login)\b[^\n|;]{0,300}?[ \t]-(?:p|w)[ \t]{0,3}(?=[^\s])/g,
  /\b(?:redis-cli|valkey-cli|keydb-cli)\b[^\n|;]{0,300}?[ \t]-a[ \t]{1,3}/g,
  /\b(?:ldapsearch|ldapmodify|ldapadd|ldapwhoami|ldapdelete)\b[^\n|;]{0,300}?[ \t]-w[ \t]{1,3}/g,
  /\b(?:sqlcmd|mosquitto_(?:pub|sub)|bcp|isql|zip|unzip|cadaver|ncftpget|ipmitool)\b[^\n|;]{0,300}?[ \t]-P[ \t]{0,3}(?=[^\s])/g,
  /\b(?:plink|pscp|psftp)\b[^\n|;]{0,300}?[ \t]-pw[ \t]{1,3}/g,
  /\b(?:xfreerdp3?|wfreerdp)\b[^\n|;]{0,300}?[ \t]\/p:/g,
  /\bsnmp(?:walk|get|set|bulkwalk)\b[^\n|;]{0,300}?[ \t]-(?:c|A|X)[ \t]{1,3}/g,
  /\bnet[ \t]{1,3}user[ \t]{1,3}\S{1,64}[ \t]{1,3}(?!\/)/gi,
  /\bhtpasswd\b[^\n|;]{0,40}[ \t]-\w{0,6}b\w{0,6}[ \t]{1,3}\S{1,200}[ \t]{1,3}\S{1,64}[ \t]{1,3}/g,
  /\bwpa_passphrase[ \t]{1,3}\S{1,64}[ \t]{1,3}/g,
  /\b(?:vault|bao)[ \t]{1,3}login[ \t]{1,3}(?:-[\w-]{1,20}(?:=\S{1,40})?[ \t]{1,3}){0,4}(?!-)/g,
  /\bmc[ \t]{1,3}alias[ \t]{1,3}set[ \t]{1,3}\S{1,64}[ \t]{1,3}\S{1,200}[ \t]{1,3}\S{1,128}[ \t]{1,3}/g,
  /\b(?:-pass(?:in|out|word)?|-k)[ \t]{1,3}pass:/g,
  /(?<=\s)pass:(?=\S{4})/g,
  /\b(?:aws|npm|yarn|pnpm|git|gcloud|heroku|fly|flyctl|vercel|gh|pip)[ \t]{1,3}(?:configure|config|secrets|config:set)[ \t]{1,3}(?:set[ \t]{1,3})?[^\s=]{0,80}(?:password|secret_access_key|secret|token|authToken|api[_-]?key)[ \t]{1,3}/gi,
  /\becho[ \t]{1,3}(?:-n[ \t]{1,3})?(?=\S{1,200}[ \t]{0,3}\|[ \t]{0,3}(?:sudo[ \t]{1,3}-\w{0,6}S|docker[ \t]{1,3}login|podman[ \t]{1,3}login|helm[ \t]{1,3}registry|gh[ \t]{1,3}auth|passwd|cryptsetup|gpg|kinit|su\b|sshpass|az\b|oc\b|tee[ \t]{1,3}\S{0,80}(?:secret|token|password)))/g,
  /\b(?:IDENTIFIED[ \t]{1,3}(?:WITH[ \t]{1,3}\S{1,40}[ \t]{1,3})?(?:BY|AS)|(?:WITH|ENCRYPTED|ROLE[ \t]{1,3}\S{1,64}|USER[ \t]{1,3}\S{1,64}|LOGIN)[ \t]{1,3}PASSWORD|PASSWORD)[ \t]{1,3}(?:PASSWORD[ \t]{1,3})?(?=\\{0,15}['"])/gi,
  /\b(?:set[ \t]{1,3})?password(?:[ \t]{1,3}for[ \t]{1,3}\S{1,64})?[ \t]{0,3}=[ \t]{0,3}(?:old_)?password\([ \t]{0,3}/gi,
  /\b(?:machine|login|default)[ \t]{1,3}\S{1,200}[ \t\n]{1,5}(?:login[ \t]{1,3}\S{1,200}[ \t\n]{1,5})?(?:password|account)[ \t]{1,3}/g,
  /\b(?:ENV|ARG|export|setx|setenv)[ \t]{1,3}\w{0,60}(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)\w{0,20}[ \t]{1,3}/g,
  /\bexpect\b[^\n]{0,60}password[^\n]{0,20}send[ \t]{1,3}/gi,
  /\b(?:requirepass|masterauth|bindpw|rootpw|ldap_bind_pw)[ \t]{1,3}/g,
  /\b(?:AUTH|HELLO[ \t]{1,3}3[ \t]{1,3}AUTH)[ \t]{1,3}(?:default[ \t]{1,3}|\w{1,32}[ \t]{1,3}(?=\S{6,}))?(?=\S{0,200}[\d!@#$%^&*+=])/g,
  /\bopenssl\b[^\n|;]{0,300}?[ \t]-k[ \t]{1,3}/g,
  /\bConvertTo-SecureString[ \t]{1,3}(?:-String[ \t]{1,3})?(?=["'])/gi,
  /\b(?:consul[ \t]{1,3}kv[ \t]{1,3}put|etcdctl[ \t]{1,3}(?:put|set)|redis-cli[ \t]{1,3}set)[ \t]{1,3}\S{0,200}(?:password|secret|token|key)\S{0,40}[ \t]{1,3}/gi,
  /(?<![\w-])--key[= \t](?=\S{0,60}[A-Z])(?=\S{0,60}[a-z])(?=\S{0,60}\d)(?=[\w+=-]{12,}(?:$|[\s"']))/g,
  // Functions that take a secret: setPassword("…"), define('DB_PASSWORD', '…').
  /\b(?:set|with|use|change|reset|update|encode|hash|verify|check)_?\w{0,30}(?:password|passwd|secret|token|api_?key|credentials?)\(\s{0,2}(?=\\{0,15}["'])/gi,
  /\(\s{0,2}\\{0,15}["']\w{0,60}(?:password|passwd|secret|token|api_?key|access_?key)\\{0,15}["']\s{0,2},\s{0,2}(?=\\{0,15}["'])/gi,
  /\bPASS[ \t]{1,3}(?=\S{6,200}\s{0,3}$)/g,
];

/** A name and the secret in one argument, parted by a colon or another mark. */
const pairs: readonly RegExp[] = [
  /(?<![\w-])(?:-u|-a|--auth|--user|--proxy-user|-U|--userpwd)[ \t=]{1,3}\\{0,15}["']?([^\s:"'%]{1,200}[:%])([^\s"'\\]{1,400})/g,
  /(?:echo|<<<)[ \t]{1,3}\\{0,15}["']?([a-z_][\w-]{0,31}:)([^\s"'|\\]{1,200})\\{0,15}["']?[ \t]{0,3}(?:\|[ \t]{0,3}(?:sudo[ \t]{1,3})?chpasswd)/g,
  /chpasswd[ \t]{0,3}<<<[ \t]{0,3}\\{0,15}["']?([a-z_][\w-]{0,31}:)([^\s"'|\\]{1,200})/g,
  /\b(?:sqlplus|rman|exp|imp|expdp|impdp|sqlldr)[ \t]{1,3}(?:-\w{1,10}[ \t]{1,3}){0,3}([\w$#]{1,30}\/)([^\s@"']{1,128})(?=@|\s|$)/g,
  /\blftp\b[^\n|;]{0,200}?[ \t]-u[ \t]{1,3}([^\s,]{1,64},)(\S{1,200})/g,
  // A line of .pgpass: host:port:database:user:password.
  /(?<![\w.:/-])((?:[\w.-]{1,100}|\*):(?:\d{4,5}|\*):(?:[\w-]{1,63}|\*):[\w-]{1,63}:)(\S{4,200})/g,
  // A line of /etc/shadow keeps its hash, see shapes.ts; a proxy in an option: user:password@host:port.
  /(?<![\w:/.@-])([\w.-]{1,64}:)([^\s:/@"'<>]{3,100})(?=@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}:\d{2,5}\b)/g,
];

/** `connect system/…`, `credentials ada / …`: what follows counts when it is more than a word. */
const connect =
  /\b(?:connect|conn|logon|login|creds?|credentials?)[ \t]{1,3}([\w$#.-]{1,30}[ \t]?\/[ \t]?)([^\s@"'/]{5,128})(?=@|\s|$)/gi;

export function redactCommands(text: string): string {
  const named = withoutSpans(text, byName(text));
  const afterwards = before.reduce((rest, pattern) => {
    const spans: Span[] = [];
    pattern.lastIndex = 0;
    for (let match = pattern.exec(rest); match !== null; match = pattern.exec(rest)) {
      if (match[0] === '') pattern.lastIndex += 1;
      const span = argument(rest, match.index + match[0].length);
      const value = rest.slice(span.from, span.to);
      if (value !== '' && value !== redactedMark && !value.startsWith('-') && !isState(value))
        spans.push(span);
    }
    return withoutSpans(rest, spans);
  }, named);
  const connected = afterwards.replace(connect, (whole: string, _name: string, secret: string) =>
    isMixed(secret) && !secret.startsWith(redactedMark)
      ? `${whole.slice(0, whole.length - secret.length)}${redactedMark}`
      : whole,
  );
  return pairs.reduce(
    (rest, pattern) =>
      rest.replace(pattern, (whole: string, name: string, secret: string) =>
        secret === redactedMark || isState(secret)
          ? whole
          : `${whole.slice(0, whole.lastIndexOf(name + secret) + name.length)}${redactedMark}${whole.slice(whole.lastIndexOf(name + secret) + name.length + secret.length)}`,
      ),
    connected,
  );
}
