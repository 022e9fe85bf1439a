#!/bin/sh
# Run once by the PostgreSQL image when its volume is new: three databases with an owner each, so that
# neither Prefect nor MLflow can reach Primum's ledger. The passwords are read by psql itself and so
# stand in no list of processes.
set -eu

secrets="${SECRETS_DIRECTORY:-/run/secrets}"

for name in primum prefect mlflow; do
    psql --no-psqlrc --quiet --username "$POSTGRES_USER" --dbname postgres \
        --set ON_ERROR_STOP=1 --set name="$name" --set secret="$secrets/${name}_password" <<'SQL'
\set password `cat :'secret'`
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done

# Prefect's migrations ask for it; who owns a database may not always make extensions.
psql --no-psqlrc --quiet --username "$POSTGRES_USER" --dbname prefect --set ON_ERROR_STOP=1 <<'SQL'
CREATE EXTENSION IF NOT EXISTS pg_trgm;
SQL
