#!/bin/sh
# Makes the passwords and keys of docker-compose.yml, each once, at random, and gives every service the ones it needs and no
# others: Temporal never sees the key that its payloads are signed with, nor the admin's. Under the folder of the first argument.
set -eu
root="${1:-}"
umask 077
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
# Written whole or not at all: a first start that is cut short leaves no half of a secret.
write() { cat > "$1.new" && mv "$1.new" "$1"; }
once() { [ -s "$root/secrets/$1" ] || write "$root/secrets/$1"; }
# Readable by whichever user the service runs as, in a volume that only the service mounts.
give() { write "$root/give/$1" && chmod 0444 "$root/give/$1"; }

for name in postgres sentinel temporal clickhouse; do random | once "$name"; done
printf 'sntl_compose_%s' "$(random)" | once admin-key
printf 'compose:%s' "$(head -c 32 /dev/urandom | base64 | tr -d '\n')" | once payload-keys

for name in clickhouse admin-key payload-keys; do give "sentinel/$name" < "$root/secrets/$name"; done
printf 'postgres://sentinel:%s@postgres:5432/sentinel' "$(cat "$root/secrets/sentinel")" | give sentinel/postgres-url
for name in postgres sentinel temporal; do give "postgres/$name" < "$root/secrets/$name"; done
give temporal/temporal < "$root/secrets/temporal"
give clickhouse/clickhouse < "$root/secrets/clickhouse"
