-- Public facts that a person can look up, for the incidents that are there. One that cannot be computed fails too.
with

golden as (
    select * from {{ ref('golden_facts') }}
),

incidents as (
    select * from {{ ref('dim_incidents') }}
),

last_days as (
    select max(day) as last_day from {{ ref('stg_lake__days') }}
),

flows as (
    select * from {{ ref('stg_trace__flows') }}
    where method = '{{ var("status_method") }}'
),

facts as (
    select
        incident_id,
        'theft_began_at' as fact,
        chain,
        asset,
        min(block_time)::varchar as found
    from flows
    where stolen_amount > 0
    group by incident_id, chain, asset
    union all
    select
        incident_id,
        'theft_transfers' as fact,
        chain,
        asset,
        count(*)::varchar as found
    from flows
    where stolen_amount > 0
    group by incident_id, chain, asset
    union all
    select
        incident_id,
        'theft_base_units' as fact,
        chain,
        asset,
        sum(stolen_amount)::varchar as found
    from flows
    where stolen_amount > 0
    group by incident_id, chain, asset
    union all
    select
        incident_id,
        'mixer_deposits' as fact,
        chain,
        asset,
        count(*)::varchar as found
    from flows
    where outcome = 'mixer'
    group by incident_id, chain, asset
    union all
    select
        incident_id,
        'mixer_deposit_base_units' as fact,
        chain,
        asset,
        sum(transfer_amount)::varchar as found
    from flows
    where outcome = 'mixer'
    group by incident_id, chain, asset
)

select
    golden.incident_id,
    golden.fact,
    golden.chain,
    golden.asset,
    golden.expected,
    facts.found,
    golden.source
from golden
inner join incidents on golden.incident_id = incidents.incident_id
inner join last_days on golden.holds_from <= last_days.last_day
left join facts
    on
        golden.incident_id = facts.incident_id
        and golden.fact = facts.fact
        and golden.chain = facts.chain
        and golden.asset = facts.asset
where golden.expected is distinct from facts.found
