with

incident_days as (
    select * from {{ ref('int_incident_days') }}
),

incidents as (
    select * from {{ ref('stg_lake__incidents') }}
),

loss_figures as (
    select * from {{ ref('int_estimates_chosen_daily') }}
    where measure = 'loss'
),

recovery_figures as (
    select * from {{ ref('int_recovery_figures_daily') }}
),

wholes as (
    select * from {{ ref('int_status_wholes_daily') }}
),

parts as (
    select * from {{ ref('int_status_parts_daily') }}
),

flows as (
    select * from {{ ref('int_status_flows_daily') }}
),

newest_transfers as (
    select * from {{ ref('int_newest_transfers_daily') }}
),

frozen_elsewhere as (
    select * from {{ ref('int_frozen_elsewhere_daily') }}
),

joined as (
    select
        incident_days.incident_id,
        incident_days.day,
        incidents.victim,
        loss_figures.low_usd as reported_loss_low_usd,
        loss_figures.high_usd as reported_loss_high_usd,
        loss_figures.chosen_usd as reported_loss_chosen_usd,
        loss_figures.chosen_rule as reported_loss_rule,
        recovery_figures.reported_recovered_low_usd,
        recovery_figures.reported_recovered_high_usd,
        recovery_figures.reported_recovered_latest_usd,
        recovery_figures.reported_recovered_latest_pct,
        recovery_figures.reported_frozen_usd,
        recovery_figures.reported_returned_usd,
        recovery_figures.reported_seized_usd,
        recovery_figures.reported_insured_usd,
        flows.stolen_usd_at_theft,
        flows.stolen_by_source_usd_at_theft,
        wholes.stolen_usd_now,
        parts.held_usd,
        parts.frozen_usd,
        parts.at_exchanges_usd,
        parts.at_brokers_usd,
        parts.mixed_usd,
        parts.bridged_usd,
        parts.at_issuers_usd,
        parts.burned_usd,
        parts.returned_usd,
        parts.fees_usd,
        parts.dust_usd,
        parts.unseen_outflow_usd,
        wholes.unseen_inflow_usd,
        flows.moved_today_usd,
        coalesce(flows.moved_today_count, 0) as moved_today_count,
        coalesce(wholes.assets_stolen_count, 0) as assets_stolen_count,
        coalesce(wholes.assets_priced_count, 0) as assets_priced_count,
        coalesce(parts.parts_unvalued, '') as parts_unvalued,
        coalesce(wholes.assets_out_of_range_count, 0) as assets_out_of_range_count,
        coalesce(wholes.chains_traced_count, 0) as chains_traced_count,
        len(list_distinct(incidents.chains_affected))::integer as chains_affected_count,
        flows.flow_count,
        flows.time_ordered_count,
        frozen_elsewhere.frozen_elsewhere_usd,
        newest_transfers.newest_transfer_day,
        wholes.newest_price_day,
        recovery_figures.newest_report_date,
        case
            when wholes.incident_id is null then 'reported_only'
            when wholes.is_conserved then 'observed'
            else 'not_conserved'
        end as verification_status
    from incident_days
    inner join incidents on incident_days.incident_id = incidents.incident_id
    left join loss_figures
        on incident_days.incident_id = loss_figures.incident_id and incident_days.day = loss_figures.day
    left join recovery_figures
        on incident_days.incident_id = recovery_figures.incident_id and incident_days.day = recovery_figures.day
    left join wholes
        on incident_days.incident_id = wholes.incident_id and incident_days.day = wholes.day
    left join parts
        on incident_days.incident_id = parts.incident_id and incident_days.day = parts.day
    left join flows
        on incident_days.incident_id = flows.incident_id and incident_days.day = flows.day
    left join newest_transfers
        on incident_days.incident_id = newest_transfers.incident_id and incident_days.day = newest_transfers.day
    left join frozen_elsewhere
        on incident_days.incident_id = frozen_elsewhere.incident_id and incident_days.day = frozen_elsewhere.day
),

changes as (
    select
        *,
        held_usd - lag(held_usd) over (partition by incident_id order by day) as held_usd_change,
        mixed_usd - lag(mixed_usd) over (partition by incident_id order by day) as mixed_usd_change,
        returned_usd - lag(returned_usd) over (partition by incident_id order by day) as returned_usd_change
    from joined
),

final as (
    select
        incident_id,
        day,
        '{{ var("status_method") }}' as method,
        victim,
        reported_loss_low_usd,
        reported_loss_high_usd,
        reported_loss_chosen_usd,
        reported_loss_rule,
        reported_recovered_low_usd,
        reported_recovered_high_usd,
        reported_recovered_latest_usd,
        reported_recovered_latest_pct,
        reported_frozen_usd,
        reported_returned_usd,
        reported_seized_usd,
        reported_insured_usd,
        stolen_usd_at_theft,
        stolen_by_source_usd_at_theft,
        stolen_usd_now,
        held_usd,
        frozen_usd,
        at_exchanges_usd,
        at_brokers_usd,
        mixed_usd,
        bridged_usd,
        at_issuers_usd,
        burned_usd,
        returned_usd,
        fees_usd,
        dust_usd,
        unseen_outflow_usd,
        unseen_inflow_usd,
        {{ pct('returned_usd', 'stolen_usd_now') }} as returned_pct,
        {{ pct('mixed_usd', 'stolen_usd_now') }} as mixed_pct,
        {{ pct('held_usd', 'stolen_usd_now') }} as held_pct,
        held_usd_change::decimal(38, 2) as held_usd_change,
        mixed_usd_change::decimal(38, 2) as mixed_usd_change,
        returned_usd_change::decimal(38, 2) as returned_usd_change,
        moved_today_usd,
        moved_today_count::integer as moved_today_count,
        assets_stolen_count::integer as assets_stolen_count,
        assets_priced_count::integer as assets_priced_count,
        {{ pct('assets_priced_count', 'assets_stolen_count') }} as assets_priced_pct,
        parts_unvalued,
        assets_out_of_range_count::integer as assets_out_of_range_count,
        chains_traced_count::integer as chains_traced_count,
        chains_affected_count,
        {{ pct('chains_traced_count', 'chains_affected_count') }} as chains_traced_pct,
        {{ pct('time_ordered_count', 'flow_count') }} as time_ordered_pct,
        {{ pct('stolen_by_source_usd_at_theft', 'stolen_usd_at_theft') }} as stolen_by_source_pct,
        {{ pct('stolen_usd_at_theft', 'reported_loss_chosen_usd') }} as traced_loss_pct,
        frozen_elsewhere_usd,
        newest_transfer_day,
        newest_price_day,
        newest_report_date,
        verification_status
    from changes
)

select * from final
