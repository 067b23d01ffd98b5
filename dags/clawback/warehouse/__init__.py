"""The one writer: inputs laid out for dbt, the dbt run, the ordered export, the candidate."""
