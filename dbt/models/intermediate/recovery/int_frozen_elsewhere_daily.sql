with

incident_days as (
    select * from {{ ref('int_incident_days') }}
),

recoveries as (
    select * from {{ ref('int_recoveries_valued') }}
),

final as (
    select
        incident_days.incident_id,
        incident_days.day,
        sum(recoveries.usd)::decimal(38, 2) as frozen_elsewhere_usd
    from incident_days
    inner join recoveries
        on
            incident_days.incident_id = recoveries.incident_id
            and incident_days.day >= recoveries.event_date
    where recoveries.event_kind = 'freeze' and not recoveries.is_in_traced_scope
    group by incident_days.incident_id, incident_days.day
)

select * from final
