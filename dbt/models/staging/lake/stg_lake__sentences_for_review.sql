with

source as (
    select * from {{ source('lake', 'sentences_for_review') }}
),

final as (
    select
        sentence_id,
        document_id,
        document_version,
        sentence,
        sentence_start,
        sentence_end,
        reason
    from source
)

select * from final
