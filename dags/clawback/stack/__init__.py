"""PostgreSQL, Airflow and their supervision on one machine, without root and without containers."""
