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
    from estimates
    where is_counted and value_usd > 0
    group by incident_id, measure, document_id, asserted_by, as_of_date
),

final as (
    select
        estimates.*,
        coalesce(
            estimates.is_counted
            and of_one_document.has_parts
            and estimates.value_usd > 0
            and estimates.value_usd < of_one_document.largest_usd,
            false
        ) as is_part,
        coalesce(estimates.is_counted and estimates.value_usd > 0, false) and not is_part as is_compared
    from estimates
    left join of_one_document
        using (incident_id, measure, document_id, asserted_by, as_of_date)
)

select * from final
