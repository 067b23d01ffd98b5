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
        low,
        high,
        unit,
        qualifier,
        value_usd,
        is_part,
        is_counted,
        victim,
        theft_first_date,
        theft_last_date,
        actor,
        asserted_by,
        hedge_phrase,
        hedge_level,
        as_of_date,
        quotation,
        quote_start,
        quote_end,
        rule,
        withdrawn_in_version,
        match_method,
        match_rule,
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
