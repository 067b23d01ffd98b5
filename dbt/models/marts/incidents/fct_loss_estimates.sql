with

estimates as (
    select * from {{ ref('int_estimates_compared') }}
),

final as (
    select
        incident_id,
        measure,
        estimate_number,
        claim_id,
        document_id,
        value,
        low,
        high,
        unit,
        qualifier,
        value_usd,
        asserted_by,
        hedge_level,
        is_counted,
        is_part,
        is_ahead,
        as_of_date,
        published_date,
        low_usd,
        high_usd,
        chosen_usd,
        chosen_rule,
        is_chosen,
        is_self_contradiction,
        is_factor_of_ten,
        is_reversed_meaning,
        is_double_counting,
        is_impossible,
        contradicted_by
    from estimates
)

select * from final
