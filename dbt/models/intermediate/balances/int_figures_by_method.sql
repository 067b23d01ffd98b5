with

parts as (
    select * from {{ ref('int_balance_parts_valued') }}
),

balances as (
    select * from {{ ref('int_balances_valued') }}
),

balance_parts as (
    select * from {{ ref('balance_parts') }}
),

valued_days as (
    select
        incident_id,
        day,
        method,
        sum(stolen_usd_now)::decimal(38, 2) as stolen_usd_now,
        sum(unseen_inflow_usd_now)::decimal(38, 2) as unseen_inflow_usd_now
    from balances
    where usd_status = 'valued'
    group by incident_id, day, method
),

part_sums as (
    select
        incident_id,
        day,
        method,
        part,
        sum(usd_now) as usd
    from parts
    where usd_status = 'valued'
    group by incident_id, day, method, part
),

of_parts as (
    select
        valued_days.incident_id,
        valued_days.day,
        valued_days.method,
        balance_parts.figure,
        coalesce(part_sums.usd, 0)::decimal(38, 2) as usd
    from valued_days
    cross join balance_parts
    left join part_sums
        on
            valued_days.incident_id = part_sums.incident_id
            and valued_days.day = part_sums.day
            and valued_days.method = part_sums.method
            and balance_parts.part = part_sums.part
),

of_wholes as (
    select
        incident_id,
        day,
        method,
        'stolen_usd_now' as figure,
        stolen_usd_now as usd
    from valued_days
    union all
    select
        incident_id,
        day,
        method,
        'unseen_inflow_usd' as figure,
        unseen_inflow_usd_now as usd
    from valued_days
),

final as (
    select * from of_parts
    union all
    select * from of_wholes
)

select * from final
