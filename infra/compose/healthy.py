"""Exit 0 when the API server says that one part of Airflow is healthy."""

import json
import sys
import urllib.request

HOST = "127.0.0.1" if sys.argv[1] == "metadatabase" else "api-server"

with urllib.request.urlopen(f"http://{HOST}:8080/api/v2/monitor/health", timeout=8) as answer:  # fixed
    status = json.load(answer)[sys.argv[1]]["status"]
sys.exit(0 if status == "healthy" else 1)
