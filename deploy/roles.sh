#!/bin/sh
# Runs once, when the database is made: the role that owns the tables, and the role of the replicas, which only reads and
# writes rows.
set -eu
psql -v ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --set owner="$OWNER_PASSWORD" --set app="$APP_PASSWORD" <<'SQL'
CREATE ROLE recsys_owner LOGIN PASSWORD :'owner';
CREATE ROLE app LOGIN PASSWORD :'app';
CREATE DATABASE recsys OWNER recsys_owner;
\connect recsys
CREATE SCHEMA recsys AUTHORIZATION recsys_owner;
GRANT USAGE ON SCHEMA recsys TO app;
ALTER DEFAULT PRIVILEGES FOR ROLE recsys_owner IN SCHEMA recsys GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO app;
ALTER DEFAULT PRIVILEGES FOR ROLE recsys_owner IN SCHEMA recsys GRANT USAGE ON SEQUENCES TO app;
SQL
