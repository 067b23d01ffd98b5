with

source as (
    select * from {{ source('lake', 'claim_matches') }}
),

final as (
    select
        claim_id,
        incident_id,
        method as match_method,
        rule as match_rule,
        mention,
        matched_with,
        score as match_score,
        days_apart,
        amount_ratio,
        evidence
    from source
)

select * from final
