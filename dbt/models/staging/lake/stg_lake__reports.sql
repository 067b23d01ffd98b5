with

source as (
    select * from {{ source('lake', 'reports') }}
),

final as (
    select
        document_id,
        source,
        title as document_title,
        publisher,
        url,
        published_date,
        language,
        sha256 as document_sha256
    from source
)

select * from final
