with

claims as (
    select * from {{ ref('int_claims_enriched') }}
),

-- Measures that are sums of money or shares of the loss; the others carry no figure.
estimates as (
    select
        incident_id,
        claim_type as measure,
        claim_id,
        document_id,
        value,
        unit,
        value_usd,
        value_pct,
        asserted_by,
        hedge_level,
        hedge_rank,
        is_counted,
        as_of_date,
        published_date
    from claims
    where
        incident_id is not null
        and claim_type in ('loss', 'recovered', 'frozen', 'returned', 'seized', 'insured', 'made_whole')
        and value is not null
),

priced as (
    select * from estimates
    where is_counted and value_usd > 0
),

-- Three or more figures of one speaker in one document, the largest being the sum of the others: those are parts.
of_one_document as (
    select
        incident_id,
        measure,
        document_id,
        asserted_by,
        as_of_date,
        max(value_usd) as largest_usd,
        count(distinct value_usd) > 2
        and abs(2 * max(value_usd) - sum(distinct value_usd)) * 100 <= max(value_usd) * 2 as has_parts
    from priced
    group by incident_id, measure, document_id, asserted_by, as_of_date
),

marked as (
    select
        priced.*,
        of_one_document.has_parts and priced.value_usd < of_one_document.largest_usd as is_part
    from priced
    inner join of_one_document
        using (incident_id, measure, document_id, asserted_by, as_of_date)
),

counted as (
    select * from marked
    where not is_part
),

figures as (
    select
        incident_id,
        measure,
        value_usd,
        count(distinct asserted_by) as asserter_count,
        max(published_date) as newest_published_date,
        max(as_of_date) as newest_as_of_date
    from counted
    group by incident_id, measure, value_usd
),

-- Among figures that nothing else tells apart the middle one is taken: an outlier is never chosen for its size.
placed as (
    select
        *,
        case when measure = 'loss' then asserter_count end as voices,
        case when measure != 'loss' then newest_as_of_date end as newest_as_of
    from figures
),

tied as (
    select
        *,
        row_number() over (
            partition by incident_id, measure, voices, newest_as_of, newest_published_date
            order by value_usd
        ) as place,
        count(*) over (
            partition by incident_id, measure, voices, newest_as_of, newest_published_date
        ) as equally_recent_count
    from placed
),

ranked as (
    select
        *,
        -- A loss is one figure, on which voices agree; what came back grows, so its newest figure counts.
        row_number() over (
            partition by incident_id, measure
            order by
                voices desc nulls last,
                newest_as_of desc nulls last,
                newest_published_date desc,
                (place != equally_recent_count // 2 + 1)
        ) as choice_rank,
        count(*) over (partition by incident_id, measure) as figure_count,
        count(*) over (partition by incident_id, measure, voices) as equally_asserted_count
    from tied
),

chosen as (
    select
        incident_id,
        measure,
        min(value_usd) as low_usd,
        max(value_usd) as high_usd,
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
    group by incident_id, measure
),

losses as (
    select
        incident_id,
        low_usd as lowest_loss_usd,
        high_usd as highest_loss_usd,
        chosen_usd as chosen_loss_usd
    from chosen
    where measure = 'loss'
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
    inner join chosen
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
        estimates.unit,
        estimates.value_usd,
        estimates.asserted_by,
        estimates.hedge_level,
        estimates.is_counted,
        coalesce(marked.is_part, false) as is_part,
        estimates.as_of_date,
        estimates.published_date,
        chosen.low_usd,
        chosen.high_usd,
        chosen.chosen_usd,
        chosen.chosen_rule,
        coalesce(
            not marked.is_part and estimates.value_usd = chosen.chosen_usd, false
        ) as is_chosen,
        coalesce(flags.is_self_contradiction, false) as is_self_contradiction,
        coalesce(flags.is_factor_of_ten, false) as is_factor_of_ten,
        coalesce(flags.is_reversed_meaning, false) as is_reversed_meaning,
        coalesce(flags.is_double_counting, false) as is_double_counting,
        coalesce(
            estimates.measure not in ('loss', 'made_whole')
            and (
                estimates.value_usd * 100 > losses.highest_loss_usd * 102
                or estimates.value_pct > 100
            ),
            false
        ) as is_impossible,
        flags.contradicted_by
    from estimates
    left join chosen
        on estimates.incident_id = chosen.incident_id and estimates.measure = chosen.measure
    left join losses on estimates.incident_id = losses.incident_id
    left join flags on estimates.claim_id = flags.claim_id
    left join marked on estimates.claim_id = marked.claim_id
)

select * from final
