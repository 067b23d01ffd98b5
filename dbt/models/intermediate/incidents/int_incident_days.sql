with

incidents as (
    select * from {{ ref('stg_lake__incidents') }}
),

days as (
    select * from {{ ref('stg_lake__days') }}
),

totals as (
    select * from {{ ref('stg_trace__totals') }}
),

bounds as (
    select
        min(day) as first_day,
        max(day) as last_day
    from days
),

first_traced as (
    select
        incident_id,
        min(day) as first_traced_day
    from totals
    group by incident_id
),

starts as (
    select
        incidents.incident_id,
        -- A case file that gives only the month may lie behind the first traced transfer.
        least(
            greatest(incidents.occurred_date, bounds.first_day),
            coalesce(first_traced.first_traced_day, bounds.last_day)
        ) as start_day,
        first_traced.first_traced_day is null and incidents.occurred_date > bounds.last_day as is_ahead
    from incidents
    cross join bounds
    left join first_traced on incidents.incident_id = first_traced.incident_id
),

final as (
    select
        starts.incident_id,
        days.day
    from starts
    inner join days on starts.start_day <= days.day
    where not starts.is_ahead
)

select * from final
