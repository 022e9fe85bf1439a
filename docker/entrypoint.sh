#!/bin/sh
# What the image runs:
#   worker          registers the flows, then runs what Prefect hands out
#   console         serves the pages and the JSON API
#   migrate         makes or updates the ledger's tables, then ends
#   prefect-server  Prefect's own server
#   mlflow-server   MLflow's own server, files included
#   primum ...      one command; `primum` itself may be left out
set -eu

# A password comes as a file: it stands in no image, no compose file and no list of processes.
# psycopg and asyncpg both read PGPASSWORD, so the addresses of databases carry none.
if [ -n "${PGPASSWORD_FILE:-}" ]; then
    if [ ! -r "$PGPASSWORD_FILE" ]; then
        echo "PGPASSWORD_FILE names $PGPASSWORD_FILE, which cannot be read; mount the secret, readable for this user." >&2
        exit 2
    fi
    PGPASSWORD="$(cat "$PGPASSWORD_FILE")"
    export PGPASSWORD
    unset PGPASSWORD_FILE
fi

# No part reports to its maker, and none keeps what a run returns in a form that runs code when it is read.
export DO_NOT_TRACK=true GX_ANALYTICS_ENABLED=false MLFLOW_DISABLE_TELEMETRY=true
export PREFECT_SERVER_ANALYTICS_ENABLED=false PREFECT_SERVER_ALLOW_EPHEMERAL_MODE=false
export PREFECT_RESULTS_DEFAULT_SERIALIZER=json PREFECT_CLI_PROMPT=false

role="${1:---help}"
case "$role" in
    worker)
        : "${PRIMUM_PREFECT_API_URL:?a worker is told by PRIMUM_PREFECT_API_URL where the Prefect server is}"
        export PREFECT_API_URL="$PRIMUM_PREFECT_API_URL"
        export PREFECT_FLOWS_HEARTBEAT_FREQUENCY="${PREFECT_FLOWS_HEARTBEAT_FREQUENCY:-30}"
        primum up --only register --only watch
        exec prefect worker start --pool primum --type process --name "worker-$(hostname)"
        ;;
    console)
        exec primum console --host 0.0.0.0 --port "${CONSOLE_PORT:-8321}"
        ;;
    migrate)
        exec primum up --only migrate
        ;;
    prefect-server)
        exec prefect server start --host 0.0.0.0 --port "${PREFECT_PORT:-4200}"
        ;;
    mlflow-server)
        # Its jobs for judging models would run code that Primum does not ask for.
        export MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false
        : "${MLFLOW_BACKEND_STORE_URI:?an MLflow server is told by MLFLOW_BACKEND_STORE_URI where its database is}"
        exec mlflow server --host 0.0.0.0 --port "${MLFLOW_PORT:-5000}" --workers "${MLFLOW_WORKERS:-2}" \
            --serve-artifacts --artifacts-destination "${MLFLOW_ARTIFACTS_DESTINATION:-/data/artifacts}"
        ;;
    primum)
        exec "$@"
        ;;
    *)
        exec primum "$@"
        ;;
esac
