-- Address by address, the holdings come to what the totals call held and frozen.
with

holdings as (
    select
        incident_id,
        method,
        day,
        chain,
        asset,
        category as part,
        sum(tainted_amount) as amount
    from {{ ref('stg_trace__holdings') }}
    group by incident_id, method, day, chain, asset, category
),

totals as (
    select
        incident_id,
        method,
        day,
        chain,
        asset,
        measure as part,
        amount
    from {{ ref('stg_trace__totals') }}
    where measure in ('held', 'frozen') and amount > 0
)

select
    incident_id,
    method,
    day,
    chain,
    asset,
    part,
    holdings.amount as holdings_amount,
    totals.amount as totals_amount
from holdings
full outer join totals using (incident_id, method, day, chain, asset, part)
where holdings.amount is distinct from totals.amount
