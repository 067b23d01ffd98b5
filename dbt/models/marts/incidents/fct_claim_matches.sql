with

matches as (
    select * from {{ ref('stg_lake__claim_matches') }}
),

final as (
    select
        claim_id,
        incident_id,
        match_method,
        match_rule,
        mention,
        matched_with,
        match_score,
        days_apart,
        amount_ratio,
        evidence
    from matches
)

select * from final
