-- HUGEINT counts as inexact: it becomes DOUBLE on its way to Parquet.
-- depends_on: {{ ref('dim_incidents') }}
-- depends_on: {{ ref('fct_claims') }}
-- depends_on: {{ ref('fct_incident_links') }}
-- depends_on: {{ ref('fct_fund_flows') }}
-- depends_on: {{ ref('fct_incident_balances_daily') }}
-- depends_on: {{ ref('fct_recovery_events') }}
-- depends_on: {{ ref('rpt_recovery_status_daily') }}
select
    table_name,
    column_name,
    data_type
from information_schema.columns
where
    table_schema = 'marts'
    and (data_type in ('DOUBLE', 'FLOAT', 'REAL', 'HUGEINT', 'UHUGEINT'))
