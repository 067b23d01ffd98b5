with

estimates as (
    select * from {{ ref('int_estimates_marked') }}
),

chosen_daily as (
    select * from {{ ref('int_estimates_chosen_daily') }}
),

last_days as (
    select max(day) as last_day from {{ ref('stg_lake__days') }}
),

chosen as (
    select chosen_daily.*
    from chosen_daily
    inner join last_days on chosen_daily.day = last_days.last_day
),

counted as (
    select * from estimates
    where is_compared and value_usd is not null
),

losses as (
    select
        incident_id,
        max(highest_usd) as highest_loss_usd
    from estimates
    where is_compared and measure = 'loss'
    group by incident_id
),

pairs as (
    select
        counted.claim_id,
        other.claim_id as other_claim_id,
        other.measure as other_measure,
        counted.value_usd,
        other.value_usd as other_usd,
        -- Whole figures compared by cross multiplication: a division would round.
        counted.measure = other.measure
        and other.value_usd = chosen.chosen_usd
        and counted.value_usd != chosen.chosen_usd
        and (
            least(counted.value_usd, other.value_usd) * 970 <= greatest(counted.value_usd, other.value_usd) * 100
            and least(counted.value_usd, other.value_usd) * 1030
            >= greatest(counted.value_usd, other.value_usd) * 100
        ) as is_ten_times,
        counted.measure = other.measure
        and counted.document_id = other.document_id
        and counted.asserted_by = other.asserted_by
        and counted.as_of_date = other.as_of_date
        and greatest(counted.value_usd, other.value_usd) * 100
        > least(counted.value_usd, other.value_usd) * 102 as contradicts_itself,
        -- What is outstanding, told as what was recovered: the two make up a loss that somebody states.
        counted.measure = 'recovered'
        and other.measure = 'recovered'
        and other.value_usd = chosen.chosen_usd
        and counted.value_usd != other.value_usd
        and exists (
            select 1 from counted as loss
            where
                loss.incident_id = counted.incident_id
                and loss.measure = 'loss'
                and abs(loss.value_usd - counted.value_usd - other.value_usd) * 100 <= loss.value_usd * 3
        ) as is_reversed,
        -- What insurance paid, counted as recovered.
        counted.measure = 'recovered'
        and other.measure = 'insured'
        and exists (
            select 1 from counted as rest
            where
                rest.incident_id = counted.incident_id
                and rest.measure = 'recovered'
                and rest.value_usd < counted.value_usd
                and abs(rest.value_usd + other.value_usd - counted.value_usd) * 100 <= counted.value_usd * 2
        ) as is_counted_twice
    from counted
    inner join counted as other
        on counted.incident_id = other.incident_id and counted.claim_id != other.claim_id
    left join chosen
        on counted.incident_id = chosen.incident_id and counted.measure = chosen.measure
),

flags as (
    select
        claim_id,
        bool_or(is_ten_times) as is_factor_of_ten,
        bool_or(contradicts_itself) as is_self_contradiction,
        bool_or(is_reversed) as is_reversed_meaning,
        bool_or(is_counted_twice) as is_double_counting,
        string_agg(distinct other_claim_id, ', ' order by other_claim_id) filter (
            where is_ten_times or contradicts_itself or is_reversed or is_counted_twice
        ) as contradicted_by
    from pairs
    group by claim_id
),

final as (
    select
        estimates.incident_id,
        estimates.measure,
        row_number() over (
            partition by estimates.incident_id, estimates.measure
            order by estimates.as_of_date, estimates.published_date, estimates.claim_id
        )::integer as estimate_number,
        estimates.claim_id,
        estimates.document_id,
        estimates.value,
        estimates.low,
        estimates.high,
        estimates.unit,
        estimates.qualifier,
        estimates.value_usd,
        estimates.asserted_by,
        estimates.hedge_level,
        estimates.is_counted,
        estimates.is_part,
        estimates.as_of_date > last_days.last_day as is_ahead,
        estimates.as_of_date,
        estimates.published_date,
        chosen.low_usd,
        chosen.high_usd,
        chosen.chosen_usd,
        chosen.chosen_rule,
        coalesce(
            estimates.is_compared and not is_ahead and estimates.value_usd = chosen.chosen_usd, false
        ) as is_chosen,
        coalesce(flags.is_self_contradiction, false) as is_self_contradiction,
        coalesce(flags.is_factor_of_ten, false) as is_factor_of_ten,
        coalesce(flags.is_reversed_meaning, false) as is_reversed_meaning,
        coalesce(flags.is_double_counting, false) as is_double_counting,
        coalesce(
            estimates.measure not in ('loss', 'made_whole')
            and (
                estimates.lowest_usd * 100 > losses.highest_loss_usd * 102
                or estimates.value_pct > 100
            ),
            false
        ) as is_impossible,
        flags.contradicted_by
    from estimates
    cross join last_days
    left join chosen
        on estimates.incident_id = chosen.incident_id and estimates.measure = chosen.measure
    left join losses on estimates.incident_id = losses.incident_id
    left join flags on estimates.claim_id = flags.claim_id
)

select * from final
