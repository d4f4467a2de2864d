#!/bin/sh
# Runs once, when the container makes its cluster: the two logins, the database and its extension.
# `evoai_owner` owns the schema and migrates; `evoai_app` owns nothing, inherits nothing and cannot pass row security.
set -eu
: "${EVOAI_OWNER_PASSWORD:?}" "${EVOAI_APP_PASSWORD:?}"

psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres \
  -v owner_password="$EVOAI_OWNER_PASSWORD" -v app_password="$EVOAI_APP_PASSWORD" <<'SQL'
create role evoai_owner login createrole nosuperuser nobypassrls nocreatedb password :'owner_password';
create role evoai_app login noinherit nosuperuser nobypassrls nocreaterole nocreatedb password :'app_password';
create database evoai owner evoai_owner;
\connect evoai
create extension if not exists vector;
SQL
