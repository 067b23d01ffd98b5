with

claims as (
    select * from {{ ref('stg_lake__claims') }}
),

documents as (
    select * from {{ ref('stg_lake__documents') }}
),

hedge_levels as (
    select * from {{ ref('hedge_levels') }}
),

final as (
    select
        claims.*,
        case when claims.unit = 'USD' then claims.value::decimal(38, 2) end as value_usd,
        case when claims.unit = 'pct' then try_cast(claims.value as decimal(9, 4)) end as value_pct,
        hedge_levels.hedge_rank,
        coalesce(hedge_levels.is_counted, false) as is_counted,
        documents.document_title,
        documents.publisher,
        documents.url,
        documents.published_date,
        documents.retrieved_at,
        documents.text_length,
        documents.content_sha256,
        documents.document_sha256,
        documents.source
    from claims
    left join documents
        on
            claims.document_id = documents.document_id
            and claims.document_version = documents.document_version
    left join hedge_levels on claims.hedge_level = hedge_levels.hedge_level
)

select * from final
