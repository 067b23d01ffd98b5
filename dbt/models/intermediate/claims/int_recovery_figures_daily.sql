with

claims as (
    select * from {{ ref('int_claims_counted_daily') }}
),

chosen as (
    select * from {{ ref('int_estimates_chosen_daily') }}
),

figures as (
    select
        incident_id,
        day,
        max(low_usd) filter (where measure = 'recovered') as reported_recovered_low_usd,
        max(high_usd) filter (where measure = 'recovered') as reported_recovered_high_usd,
        max(chosen_usd) filter (where measure = 'recovered') as reported_recovered_latest_usd,
        max(chosen_usd) filter (where measure = 'frozen') as reported_frozen_usd,
        max(chosen_usd) filter (where measure = 'returned') as reported_returned_usd,
        max(chosen_usd) filter (where measure = 'seized') as reported_seized_usd,
        max(chosen_usd) filter (where measure = 'insured') as reported_insured_usd
    from chosen
    group by incident_id, day
),

-- Shares of a loss that nobody may have put in figures: they are not compared, the newest one counts.
told as (
    select
        incident_id,
        day,
        max(value_pct) filter (
            where claim_type = 'recovered' and unit = 'pct' and latest_rank = 1
        ) as reported_recovered_latest_pct,
        max(published_date) as newest_report_date,
        count(*)::integer as claim_count
    from claims
    group by incident_id, day
),

final as (
    select
        told.incident_id,
        told.day,
        figures.reported_recovered_low_usd,
        figures.reported_recovered_high_usd,
        figures.reported_recovered_latest_usd,
        told.reported_recovered_latest_pct,
        figures.reported_frozen_usd,
        figures.reported_returned_usd,
        figures.reported_seized_usd,
        figures.reported_insured_usd,
        told.newest_report_date,
        told.claim_count
    from told
    left join figures on told.incident_id = figures.incident_id and told.day = figures.day
)

select * from final
