with

claims as (
    select * from {{ ref('stg_lake__claims') }}
),

documents as (
    select * from {{ ref('stg_lake__documents') }}
),

matches as (
    select * from {{ ref('stg_lake__claim_matches') }}
),

hedge_levels as (
    select * from {{ ref('hedge_levels') }}
),

final as (
    select
        claims.*,
        case when claims.unit = 'USD' then claims.value::decimal(38, 2) end as value_usd,
        case when claims.unit = 'USD' then claims.low::decimal(38, 2) end as range_low_usd,
        case when claims.unit = 'USD' then claims.high::decimal(38, 2) end as range_high_usd,
        case when claims.unit = 'pct' then try_cast(claims.value as decimal(9, 4)) end as value_pct,
        hedge_levels.hedge_rank,
        matches.match_method,
        matches.match_rule,
        -- What a newer version of its document no longer says counts no more, nor does a part beside its total.
        coalesce(hedge_levels.is_counted, false)
        and not coalesce(claims.is_part, false)
        and claims.withdrawn_in_version is null as is_counted,
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
    left join matches on claims.claim_id = matches.claim_id
    left join hedge_levels on claims.hedge_level = hedge_levels.hedge_level
)

select * from final
