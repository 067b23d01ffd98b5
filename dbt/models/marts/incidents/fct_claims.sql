with

claims as (
    select * from {{ ref('int_claims_enriched') }}
),

final as (
    select
        claim_id,
        document_id,
        document_version,
        incident_id,
        claim_type,
        value,
        unit,
        value_usd,
        actor,
        asserted_by,
        hedge_phrase,
        hedge_level,
        as_of_date,
        quotation,
        quote_start,
        quote_end,
        rule,
        note,
        document_title,
        publisher,
        url,
        published_date,
        retrieved_at,
        text_length,
        content_sha256,
        document_sha256,
        source
    from claims
)

select * from final
