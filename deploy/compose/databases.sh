#!/bin/sh
# Runs once, when Postgres makes its data folder: a role and a database for Sentinel, and for Temporal.
set -eu
psql -v ON_ERROR_STOP=1 --username postgres \
  -v sentinel="$(cat /secrets/sentinel)" -v temporal="$(cat /secrets/temporal)" <<'SQL'
create role sentinel login password :'sentinel';
create database sentinel owner sentinel;
create role temporal login password :'temporal';
create database temporal owner temporal;
create database temporal_visibility owner temporal;
SQL
