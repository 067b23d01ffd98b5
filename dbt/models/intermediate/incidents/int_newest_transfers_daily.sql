with

transfers as (
    select * from {{ ref('stg_lake__transfers') }}
),

balances as (
    select * from {{ ref('int_balances_valued') }}
    where method = '{{ var("status_method") }}'
),

chain_days as (
    select distinct
        chain,
        day
    from transfers
),

incident_chains as (
    select distinct
        incident_id,
        day,
        chain
    from balances
),

final as (
    select
        incident_chains.incident_id,
        incident_chains.day,
        max(chain_days.day) as newest_transfer_day
    from incident_chains
    inner join chain_days
        on
            incident_chains.chain = chain_days.chain
            and incident_chains.day >= chain_days.day
    group by incident_chains.incident_id, incident_chains.day
)

select * from final
