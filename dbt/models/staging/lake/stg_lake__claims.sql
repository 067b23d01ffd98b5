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
        low,
        high,
        unit,
        qualifier,
        is_part,
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
        note
    from source
)

select * from final
