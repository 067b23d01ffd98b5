"""Bring the metadata database to the installed Airflow's schema and make the pools.

Runs as a child process (`python -m clawback.stack.metadata`): one start of Python instead of the three that
`airflow db migrate` and `airflow pools set` would need.
"""

from __future__ import annotations

from clawback.stack.airflow import POOLS


def main() -> None:
    """Migrate and make pools; what exists is kept."""
    from airflow.models.pool import Pool
    from airflow.utils import db

    db.upgradedb()
    for name, (slots, description) in POOLS.items():
        Pool.create_or_update_pool(name, slots, description, include_deferred=False)


if __name__ == "__main__":
    main()
