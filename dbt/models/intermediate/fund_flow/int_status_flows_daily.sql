with

flows as (
    select * from {{ ref('int_flows_valued') }}
    where method = '{{ var("status_method") }}'
),

incident_days as (
    select * from {{ ref('int_incident_days') }}
),

per_day as (
    select
        incident_id,
        flow_date,
        sum(stolen_usd) filter (where stolen_amount > 0) as theft_usd,
        sum(stolen_usd) filter (where stolen_amount > 0 and theft_role = 'source') as source_theft_usd,
        sum(tainted_usd) filter (where hop > 0 and kind != 'fee') as moved_usd,
        count(*) filter (where hop > 0 and kind != 'fee') as moved_count,
        count(*) as flow_count,
        count(*) filter (where order_quality = 'time') as time_ordered_count
    from flows
    group by incident_id, flow_date
),

final as (
    select
        incident_days.incident_id,
        incident_days.day,
        sum(per_day.theft_usd)::decimal(38, 2) as stolen_usd_at_theft,
        case
            when sum(per_day.theft_usd) is not null then coalesce(sum(per_day.source_theft_usd), 0)
        end::decimal(38, 2) as stolen_by_source_usd_at_theft,
        case
            when count(*) filter (where per_day.flow_date = incident_days.day and per_day.moved_count > 0) = 0
                then 0
            else sum(per_day.moved_usd) filter (where per_day.flow_date = incident_days.day)
        end::decimal(38, 2) as moved_today_usd,
        coalesce(sum(per_day.moved_count) filter (where per_day.flow_date = incident_days.day), 0)::integer
            as moved_today_count,
        sum(per_day.flow_count)::bigint as flow_count,
        sum(per_day.time_ordered_count)::bigint as time_ordered_count
    from incident_days
    inner join per_day
        on
            incident_days.incident_id = per_day.incident_id
            and incident_days.day >= per_day.flow_date
    group by incident_days.incident_id, incident_days.day
)

select * from final
