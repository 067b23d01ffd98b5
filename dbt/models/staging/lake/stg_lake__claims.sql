with

source as (
    select * from {{ source('lake', 'claims') }}
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
        actor,
        asserted_by,
        hedge_phrase,
        hedge_level,
        as_of_date,
        quotation,
        quote_start,
        quote_end,
        rule,
        note
    from source
)

select * from final
