#!/bin/sh
# Makes the passwords of docker-compose.yml, each once, at random. Whoever can read the volume can read them.
set -eu
umask 022
random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
for name in postgres sentinel temporal clickhouse; do
  [ -s "/secrets/$name" ] || random > "/secrets/$name"
done
[ -s /secrets/admin-key ] || printf 'sntl_compose_%s' "$(random)" > /secrets/admin-key
printf 'postgres://sentinel:%s@postgres:5432/sentinel' "$(cat /secrets/sentinel)" > /secrets/postgres-url
