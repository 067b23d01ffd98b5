#!/bin/sh
# Before Airflow starts: folders, the web password, the metadata database, the pools.
set -eu
umask 077
mkdir -p /var/lib/clawback/airflow /var/lib/clawback/logs /var/lib/clawback/home /var/lib/clawback/auth
python -c '
import json, os, pathlib
passwords = pathlib.Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
passwords.write_text(json.dumps({"admin": os.environ["WEB_PASSWORD"]}))
'
exec python -m clawback.stack.metadata
