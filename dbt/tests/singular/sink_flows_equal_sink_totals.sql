-- What flowed into each service, transfer by transfer, is what the totals book there on the newest day.
with

last_days as (
    select max(day) as last_day from {{ ref('stg_lake__days') }}
),

flows as (
    select
        incident_id,
        method,
        chain,
        asset,
        outcome as part,
        sum(tainted_amount) as amount
    from {{ ref('fct_fund_flows') }}
    where outcome in ('exchange', 'broker', 'mixer', 'bridge', 'issuer', 'victim', 'burned', 'fee')
    group by incident_id, method, chain, asset, outcome
),

totals as (
    select
        totals.incident_id,
        totals.method,
        totals.chain,
        totals.asset,
        totals.measure as part,
        totals.amount
    from {{ ref('stg_trace__totals') }} as totals
    inner join last_days on totals.day = last_days.last_day
    where
        totals.measure in ('exchange', 'broker', 'mixer', 'bridge', 'issuer', 'victim', 'burned', 'fee')
        and totals.amount > 0
)

select
    incident_id,
    method,
    chain,
    asset,
    part,
    flows.amount as flows_amount,
    totals.amount as totals_amount
from flows
full outer join totals using (incident_id, method, chain, asset, part)
where flows.amount is distinct from totals.amount
