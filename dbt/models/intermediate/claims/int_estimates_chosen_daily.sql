with

incident_days as (
    select * from {{ ref('int_incident_days') }}
),

estimates as (
    select * from {{ ref('int_estimates_marked') }}
    where is_compared
),

-- A figure counts from the day that it speaks of, whenever it was published.
told as (
    select
        incident_days.day,
        estimates.*
    from incident_days
    inner join estimates
        on
            incident_days.incident_id = estimates.incident_id
            and incident_days.day >= estimates.as_of_date
),

ranges as (
    select
        incident_id,
        day,
        measure,
        min(lowest_usd) as low_usd,
        max(highest_usd) as high_usd,
        count(*)::integer as claim_count
    from told
    group by incident_id, day, measure
),

figures as (
    select
        incident_id,
        day,
        measure,
        value_usd,
        count(distinct asserted_by) as asserter_count,
        max(published_date) as newest_published_date,
        max(as_of_date) as newest_as_of_date
    from told
    where value_usd is not null
    group by incident_id, day, measure, value_usd
),

-- A loss is one figure, on which voices agree; what came back grows, so its newest figure counts.
placed as (
    select
        *,
        case when measure = 'loss' then asserter_count end as voices,
        case when measure != 'loss' then newest_as_of_date end as newest_as_of
    from figures
),

-- Among figures that nothing else tells apart the middle one is taken: an outlier is never chosen for its size.
tied as (
    select
        *,
        row_number() over (
            partition by incident_id, day, measure, voices, newest_as_of, newest_published_date
            order by value_usd
        ) as place,
        count(*) over (
            partition by incident_id, day, measure, voices, newest_as_of, newest_published_date
        ) as equally_recent_count
    from placed
),

ranked as (
    select
        *,
        row_number() over (
            partition by incident_id, day, measure
            order by
                voices desc nulls last,
                newest_as_of desc nulls last,
                newest_published_date desc nulls last,
                (place != equally_recent_count // 2 + 1)
        ) as choice_rank,
        count(*) over (partition by incident_id, day, measure) as figure_count,
        count(*) over (partition by incident_id, day, measure, voices) as equally_asserted_count
    from tied
),

chosen as (
    select
        incident_id,
        day,
        measure,
        max(value_usd) filter (where choice_rank = 1) as chosen_usd,
        max(
            case
                when figure_count = 1 then 'only_figure'
                when measure != 'loss' then 'latest'
                when equally_asserted_count = 1 then 'most_asserted'
                when equally_recent_count = 1 then 'most_asserted_then_latest'
                else 'most_asserted_then_latest_then_upper_median'
            end
        ) filter (where choice_rank = 1) as chosen_rule
    from ranked
    group by incident_id, day, measure
),

final as (
    select
        ranges.incident_id,
        ranges.day,
        ranges.measure,
        ranges.low_usd,
        ranges.high_usd,
        chosen.chosen_usd,
        coalesce(chosen.chosen_rule, 'only_ranges') as chosen_rule,
        ranges.claim_count
    from ranges
    left join chosen
        on
            ranges.incident_id = chosen.incident_id
            and ranges.day = chosen.day
            and ranges.measure = chosen.measure
)

select * from final
