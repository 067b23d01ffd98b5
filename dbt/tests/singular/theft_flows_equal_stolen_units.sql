-- What each transfer stole comes to what the totals call stolen on the newest day.
with

last_days as (
    select max(day) as last_day from {{ ref('stg_lake__days') }}
),

thefts as (
    select
        incident_id,
        method,
        chain,
        asset,
        sum(stolen_amount) as amount
    from {{ ref('stg_trace__flows') }}
    where stolen_amount > 0
    group by incident_id, method, chain, asset
),

totals as (
    select
        totals.incident_id,
        totals.method,
        totals.chain,
        totals.asset,
        totals.amount
    from {{ ref('stg_trace__totals') }} as totals
    inner join last_days on totals.day = last_days.last_day
    where totals.measure = 'stolen' and totals.amount > 0
)

select
    incident_id,
    method,
    chain,
    asset,
    thefts.amount as flows_amount,
    totals.amount as totals_amount
from thefts
full outer join totals using (incident_id, method, chain, asset)
where thefts.amount is distinct from totals.amount
