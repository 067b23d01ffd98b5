with

claims as (
    select * from {{ ref('int_claims_enriched') }}
),

final as (
    select
        claims.incident_id,
        claims.actor as attributed_to,
        claims.hedge_level as attribution_level,
        claims.asserted_by as attribution_asserted_by,
        claims.claim_id as attribution_claim_id
    from claims
    where
        claims.claim_type = 'attribution'
        and claims.is_counted
        and claims.incident_id is not null
        and claims.actor is not null
    qualify
        row_number() over (
            partition by claims.incident_id
            order by
                claims.hedge_rank asc,
                claims.as_of_date desc,
                claims.published_date desc nulls last,
                claims.claim_id asc
        ) = 1
)

select * from final
