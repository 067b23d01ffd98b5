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
        low,
        high,
        unit,
        qualifier,
        value_usd,
        value_pct,
        coalesce(value_usd, range_low_usd) as lowest_usd,
        coalesce(value_usd, range_high_usd) as highest_usd,
        asserted_by,
        hedge_level,
        hedge_rank,
        is_counted,
        coalesce(is_part, false) as is_told_part,
        as_of_date,
        published_date
    from claims
    where
        incident_id is not null
        and claim_type in ('loss', 'recovered', 'frozen', 'returned', 'seized', 'insured', 'made_whole')
        and (value is not null or low is not null)
),

-- A document may call a figure a part. Else: of three or more figures of one speaker in one document, the largest
-- being the sum of the others, the others are parts.
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
    from estimates
    where is_counted and value_usd > 0
    group by incident_id, measure, document_id, asserted_by, as_of_date
),

final as (
    select
        estimates.*,
        estimates.is_told_part
        or coalesce(
            estimates.is_counted
            and of_one_document.has_parts
            and estimates.value_usd > 0
            and estimates.value_usd < of_one_document.largest_usd,
            false
        ) as is_part,
        -- A range widens what is said; no figure of it is stated, so that none of it can be chosen.
        coalesce(estimates.is_counted and estimates.highest_usd > 0, false) and not is_part as is_compared
    from estimates
    left join of_one_document
        using (incident_id, measure, document_id, asserted_by, as_of_date)
)

select * from final
