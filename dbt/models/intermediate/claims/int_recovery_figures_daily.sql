with

claims as (
    select * from {{ ref('int_claims_counted_daily') }}
),

final as (
    select
        incident_id,
        day,
        min(value_usd) filter (where claim_type = 'recovered') as reported_recovered_low_usd,
        max(value_usd) filter (where claim_type = 'recovered') as reported_recovered_high_usd,
        max(value_usd) filter (
            where claim_type = 'recovered' and unit = 'USD' and latest_rank = 1
        ) as reported_recovered_latest_usd,
        max(value_pct) filter (
            where claim_type = 'recovered' and unit = 'pct' and latest_rank = 1
        ) as reported_recovered_latest_pct,
        max(value_usd) filter (
            where claim_type = 'frozen' and unit = 'USD' and latest_rank = 1
        ) as reported_frozen_usd,
        max(value_usd) filter (
            where claim_type = 'returned' and unit = 'USD' and latest_rank = 1
        ) as reported_returned_usd,
        max(value_usd) filter (
            where claim_type = 'seized' and unit = 'USD' and latest_rank = 1
        ) as reported_seized_usd,
        max(value_usd) filter (
            where claim_type = 'insured' and unit = 'USD' and latest_rank = 1
        ) as reported_insured_usd,
        max(published_date) as newest_report_date,
        count(*)::integer as claim_count
    from claims
    group by incident_id, day
)

select * from final
