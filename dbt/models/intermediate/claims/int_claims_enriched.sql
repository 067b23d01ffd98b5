with

claims as (
    select * from {{ ref('stg_lake__claims') }}
),

reports as (
    select * from {{ ref('stg_lake__reports') }}
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
        reports.document_title,
        reports.publisher,
        reports.url,
        reports.published_date,
        reports.document_sha256,
        reports.source
    from claims
    left join reports on claims.document_id = reports.document_id
    left join hedge_levels on claims.hedge_level = hedge_levels.hedge_level
)

select * from final
