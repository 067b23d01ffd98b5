with

source as (
    select * from {{ source('lake_days', 'documents') }}
),

final as (
    select
        document_id,
        version as document_version,
        source,
        title as document_title,
        publisher,
        url,
        published_date,
        published_from,
        retrieved_at at time zone 'UTC' as retrieved_at,
        language,
        text_length,
        content_sha256,
        sha256 as document_sha256
    from source
)

select * from final
