with

incidents as (
    select * from {{ ref('stg_lake__incidents') }}
),

days as (
    select * from {{ ref('stg_lake__days') }}
),

loss_figures as (
    select * from {{ ref('int_estimates_chosen_daily') }}
    where measure = 'loss'
),

attributions as (
    select * from {{ ref('int_attributions_chosen') }}
),

wholes as (
    select * from {{ ref('int_status_wholes_daily') }}
),

last_days as (
    select max(day) as last_day from days
),

final as (
    select
        incidents.incident_id,
        incidents.title,
        incidents.victim,
        incidents.victim_kind,
        incidents.occurred_at,
        incidents.occurred_date,
        incidents.occurred_precision,
        array_to_string(list_sort(list_distinct(incidents.chains_affected)), ',') as chains_affected,
        coalesce(wholes.chains_traced, '') as chains_traced,
        loss_figures.low_usd as reported_loss_low_usd,
        loss_figures.high_usd as reported_loss_high_usd,
        loss_figures.chosen_usd as reported_loss_chosen_usd,
        loss_figures.chosen_rule as reported_loss_rule,
        coalesce(loss_figures.claim_count, 0)::integer as loss_claim_count,
        attributions.attributed_to,
        attributions.attribution_level,
        attributions.attribution_asserted_by,
        attributions.attribution_claim_id,
        incidents.source_url
    from incidents
    cross join last_days
    left join loss_figures
        on
            incidents.incident_id = loss_figures.incident_id
            and last_days.last_day = loss_figures.day
    left join wholes
        on
            incidents.incident_id = wholes.incident_id
            and last_days.last_day = wholes.day
    left join attributions on incidents.incident_id = attributions.incident_id
)

select * from final
