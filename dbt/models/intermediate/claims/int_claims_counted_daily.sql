with

incident_days as (
    select * from {{ ref('int_incident_days') }}
),

claims as (
    select * from {{ ref('int_claims_enriched') }}
),

-- A claim counts from the day that it speaks of, whenever it was published: marts carry valid time only.
final as (
    select
        incident_days.incident_id,
        incident_days.day,
        claims.claim_id,
        claims.claim_type,
        claims.unit,
        claims.value_usd,
        claims.value_pct,
        claims.asserted_by,
        claims.as_of_date,
        claims.published_date,
        row_number() over (
            partition by
                incident_days.incident_id, incident_days.day, claims.claim_type, claims.unit, claims.value is null
            order by
                claims.as_of_date desc,
                claims.published_date desc,
                claims.hedge_rank asc,
                claims.value desc,
                claims.claim_id asc
        ) as latest_rank
    from incident_days
    inner join claims
        on
            incident_days.incident_id = claims.incident_id
            and incident_days.day >= claims.as_of_date
    where claims.is_counted
)

select * from final
