with

sentences as (
    select * from {{ ref('stg_lake__sentences_for_review') }}
),

documents as (
    select * from {{ ref('stg_lake__documents') }}
),

final as (
    select
        sentences.sentence_id,
        sentences.document_id,
        sentences.document_version,
        sentences.sentence,
        sentences.sentence_start,
        sentences.sentence_end,
        sentences.reason,
        documents.document_title,
        documents.publisher,
        documents.url,
        documents.published_date,
        documents.language,
        documents.text_length,
        documents.source
    from sentences
    left join documents
        on
            sentences.document_id = documents.document_id
            and sentences.document_version = documents.document_version
)

select * from final
