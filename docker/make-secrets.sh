#!/bin/sh
# Writes a new password for each database into docker/secrets/, which git ignores; keeps those there are.
set -eu
umask 077

folder="$(dirname "$0")/secrets"
mkdir -p "$folder"
for name in postgres primum prefect mlflow; do
    file="$folder/${name}_password"
    if [ ! -s "$file" ]; then
        od -An -N24 -tx1 /dev/urandom | tr -d ' \n' > "$file"
        # The folder is ours alone; the file must be readable for the user inside a container.
        chmod 0444 "$file"
        echo "wrote $file"
    fi
done
