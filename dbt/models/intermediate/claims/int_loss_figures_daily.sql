with

claims as (
    select * from {{ ref('int_claims_counted_daily') }}
),

figures as (
    select
        incident_id,
        day,
        value_usd,
        count(*)::integer as claim_count,
        count(distinct asserted_by) as asserter_count,
        max(published_date) as newest_published_date
    from claims
    where claim_type = 'loss' and value_usd is not null
    group by incident_id, day, value_usd
),

-- Among figures that nothing else tells apart the middle one is taken: an outlier is never chosen for its size.
placed as (
    select
        *,
        row_number() over (
            partition by incident_id, day, asserter_count, newest_published_date
            order by value_usd
        ) as place,
        count(*) over (
            partition by incident_id, day, asserter_count, newest_published_date
        ) as equally_recent_count
    from figures
),

ranked as (
    select
        *,
        row_number() over (
            partition by incident_id, day
            order by
                asserter_count desc,
                newest_published_date desc nulls last,
                (place != equally_recent_count // 2 + 1)
        ) as choice_rank,
        count(*) over (partition by incident_id, day) as figure_count,
        count(*) over (partition by incident_id, day, asserter_count) as equally_asserted_count
    from placed
),

final as (
    select
        incident_id,
        day,
        min(value_usd) as reported_loss_low_usd,
        max(value_usd) as reported_loss_high_usd,
        max(value_usd) filter (where choice_rank = 1) as reported_loss_chosen_usd,
        max(
            case
                when figure_count = 1 then 'only_figure'
                when equally_asserted_count = 1 then 'most_asserted'
                when equally_recent_count = 1 then 'most_asserted_then_latest'
                else 'most_asserted_then_latest_then_upper_median'
            end
        ) filter (where choice_rank = 1) as reported_loss_rule,
        sum(claim_count)::integer as loss_claim_count
    from ranked
    group by incident_id, day
)

select * from final
